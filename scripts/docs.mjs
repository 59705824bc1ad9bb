// npm run docs: the documentation site. VitePress has its own lock file in site/.
// - `npm run docs` builds it from docs/ into .cache/site. It fails on broken links and anchors.
// - `npm run docs -- --check` also opens every page in Chromium.
// - `npm run docs -- dev` serves the site while you write.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = fileURLToPath(new URL('../site/', import.meta.url));
const built = fileURLToPath(new URL('../.cache/site/', import.meta.url));
const base = '/vcc-exporter/';

function runOrExit(command, ...args) {
  const { status } = spawnSync(command, args, {
    cwd: site,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs VitePress, unless this lock file is installed already. */
function install() {
  const installed = join(site, 'node_modules', '.package-lock.json');
  const lock = join(site, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  runOrExit('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
}

/** Returns the file of a page of the site. Addresses have no .html, as GitHub Pages allows. */
function fileOf(path) {
  const name = path.slice(base.length);
  return [name, `${name}.html`, posix.join(name, 'index.html')].find(
    (each) =>
      each !== '' && existsSync(join(built, base, each)) && statSync(join(built, base, each)).isFile(),
  );
}

/**
 * Returns the links within the site whose page or anchor does not exist. VitePress itself checks
 * pages only.
 */
function deadLinks() {
  const root = join(built, base);
  const files = readdirSync(root, { recursive: true }).filter((file) => file.endsWith('.html'));
  const texts = new Map(
    files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')]),
  );
  const anchors = new Map(
    [...texts].map(([file, text]) => [
      file,
      new Set([...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)),
    ]),
  );
  return [...texts].flatMap(([file, text]) =>
    [...text.matchAll(/<a [^>]*href="([^"]*)"/g)].flatMap(([, href]) => {
      const { pathname, hash } = new URL(href, `site:${base}${file}`);
      if (/^[a-z]+:/.test(href)) return [];
      const target = fileOf(pathname);
      if (target === undefined) return [`${file}: no such page: ${href}`];
      const anchor = decodeURIComponent(hash.slice(1));
      return anchor === '' || anchors.get(target)?.has(anchor) ? [] : [`${file}: no such anchor: ${href}`];
    }),
  );
}

const asked = process.argv.slice(2);
const check = asked.includes('--check');
const [command = 'build', ...more] = asked.filter((argument) => argument !== '--check');
install();
runOrExit(process.execPath, join(site, 'node_modules', 'vitepress', 'bin', 'vitepress.js'), command, ...more);
if (command === 'build') {
  const dead = deadLinks();
  for (const line of dead) process.stderr.write(`${line}\n`);
  if (dead.length > 0) process.exit(1);
  process.stdout.write(`${join(built, base)}\n`);
  if (check) runOrExit(process.execPath, 'check.mjs');
}
