import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const root = fileURLToPath(new URL('../../', import.meta.url));
const docs = join(root, 'docs');
const packages = join(root, 'site', 'node_modules');
const repository = 'https://github.com/vcc-exporter/vcc-exporter';
const index = readFileSync(join(docs, 'README.md'), 'utf8');

interface Entry {
  text: string;
  link?: string;
  items?: Entry[];
  collapsed?: boolean;
}

const toLink = (path: string) => `/${path.replace(/(^|\/)README\.md$/, '$1').replace(/\.md$/, '')}`;
const titleOf = (path: string) => /^# (.*)$/m.exec(readFileSync(join(docs, path), 'utf8'))?.[1] ?? path;

/** Returns the pages of a folder, in the order of their file names. */
const pagesIn = (folder: string): Entry[] =>
  readdirSync(join(docs, folder))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => ({ text: titleOf(join(folder, name)), link: toLink(`${folder}/${name}`) }));

/** Pages with subpages, and the folders of these. */
const below: Record<string, string> = { 'use/runbook.md': 'use/runbook', 'decisions/README.md': 'decisions' };

/**
 * The navigation, from docs/README.md: a group for each heading, and an entry for the first link of
 * each row.
 */
const sidebar: Entry[] = index
  .split(/^## /m)
  .slice(1)
  .map((part) => ({
    text: part.slice(0, part.indexOf('\n')),
    items: [...part.matchAll(/^(?:\| |- )\[([^\]]+)\]\(([^)#\s]+\.md)\)/gm)].map(([, text, path]) => ({
      text: text!,
      link: toLink(path!),
      ...(below[path!] && { collapsed: true, items: pagesIn(below[path!]!) }),
    })),
  }));

/** Returns the same anchor as GitHub, so that a link works on GitHub and on the site. */
const slugify = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/**
 * Splits a text into search terms. A name with underscores, such as a metric, is one term, and so
 * are its parts. Also runs in the browser.
 */
const tokenize = (text: string) =>
  text
    .split(/[^\p{L}\p{N}_]+/u)
    .flatMap((word) => (word.includes('_') ? [word, ...word.split('_')] : [word]));

export default defineConfig({
  title: 'vcc-exporter',
  description: 'A Prometheus exporter for Vonage Contact Center',
  lang: 'en',
  base: '/vcc-exporter/',
  srcDir: '../docs',
  outDir: '../.cache/site/vcc-exporter',
  cacheDir: '../.cache/site-cache',
  cleanUrls: true,
  rewrites: { 'README.md': 'index.md', ':folder/README.md': ':folder/index.md' },
  // Links to the reader's machine.
  ignoreDeadLinks: 'localhostLinks',
  markdown: {
    anchor: { slugify },
    config(md) {
      // Text in double braces is a template of Grafana or Prometheus, not of Vue.
      const { text } = md.renderer.rules;
      md.renderer.rules.text = (tokens, at, options, env, self) =>
        (text ?? ((all, i) => md.utils.escapeHtml(all[i]!.content)))(
          tokens,
          at,
          options,
          env,
          self,
        ).replaceAll('{{', '&#123;&#123;');
      // Links to files outside docs/ become links to GitHub.
      md.core.ruler.push('repository-links', ({ tokens, env }) => {
        // The highlighter does not support PromQL, and would warn at each block.
        for (const token of tokens) if (token.info === 'promql') token.info = 'txt';
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === 'link_open' ? token.attrGet('href') : null;
          if (href === null || /^([a-z]+:|#|\/)/.test(href)) continue;
          const [path, anchor] = href.split('#') as [string, string?];
          const target = relative(root, resolve(dirname(env.realPath ?? env.path), path));
          if (target.startsWith('docs/') && target.endsWith('.md')) {
            token.attrSet('href', href.replace(/(^|\/)README\.md(?=#|$)/, '$1index.md'));
            continue;
          }
          if (!existsSync(join(root, target))) throw new Error(`${env.path}: no such file: ${href}`);
          token.attrSet('href', `${repository}/blob/main/${normalize(target)}${anchor ? `#${anchor}` : ''}`);
        }
      });
    },
  },
  vite: {
    // Pages outside this folder do not find its packages.
    resolve: {
      alias: [
        { find: /^vue$/, replacement: join(packages, 'vue/dist/vue.runtime.esm-bundler.js') },
        { find: /^vue\/server-renderer$/, replacement: join(packages, 'vue/server-renderer/index.mjs') },
      ],
    },
  },
  themeConfig: {
    sidebar,
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path` },
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          options: { tokenize },
          searchOptions: { combineWith: 'AND', boost: { title: 4, titles: 1, text: 1 }, fuzzy: 0.1 },
        },
      },
    },
  },
});
