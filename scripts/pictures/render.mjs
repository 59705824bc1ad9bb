#!/usr/bin/env node
// Draws dashboards as Grafana would, into PNG files. README.md in this folder lists the
// differences.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { toSmall } from './small.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, 'node_modules');
const origin = 'http://dashboards.invalid';
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const html = `<!doctype html><html lang="en"><head><link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css"></head>
<body style="margin: 0"><div id="root"></div><script src="/page.js"></script></body></html>`;

const usage = `usage: node render.mjs --prometheus URL --dashboard FILE --out FILE [--dashboard FILE --out FILE ...] [OPTIONS]
scripts/pictures/README.md has the options.`;

/** Returns the checked options of the command line. */
function readOptions() {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: {
      prometheus: text,
      at: text,
      range: text,
      dashboard: { ...text, multiple: true, default: [] },
      out: { ...text, multiple: true, default: [] },
      width: { ...text, default: '1920' },
      height: { ...text, default: '1080' },
      full: { type: 'boolean', default: false },
      var: { ...text, multiple: true, default: [] },
      theme: { ...text, default: 'dark' },
      timezone: { ...text, default: 'UTC' },
      interval: { ...text, default: '15s' },
      chromium: { ...text, default: '/usr/bin/chromium' },
    },
  });
  const { prometheus, dashboard, out } = values;
  if (!prometheus || dashboard.length === 0 || dashboard.length !== out.length) throw new Error(usage);
  const at = values.at === undefined ? Date.now() : Date.parse(values.at);
  if (Number.isNaN(at)) throw new Error(`--at ${values.at} is not a time`);
  const variables = {};
  for (const each of values.var) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(each) ?? [];
    if (name === undefined) throw new Error(`--var ${each} is not NAME=VALUE`);
    variables[name] = [...(variables[name] ?? []), value];
  }
  const viewport = { width: Number(values.width), height: Number(values.height) };
  return { ...values, at, variables, viewport };
}

/** Bundles the page's script and style sheet from Grafana's components and this folder. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [join(here, 'page.tsx')],
    bundle: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    target: 'es2023',
    outdir: '/',
    loader: { '.svg': 'dataurl', '.ttf': 'dataurl' },
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    logLevel: 'error',
  });
  return Object.fromEntries(outputFiles.map(({ path, text }) => [path, text]));
}

/**
 * Answers all requests of the page, so that only data from Prometheus is fetched from the network.
 */
function answer(bundled, prometheus) {
  const made = { '/': html, ...bundled };
  return async (route) => {
    const { pathname, search } = new URL(route.request().url());
    if (made[pathname] !== undefined) {
      return route.fulfill({ contentType: types[extname(pathname) || '.html'], body: made[pathname] });
    }
    if (pathname.startsWith('/api/')) {
      const url = `${prometheus.replace(/\/$/, '')}${pathname}${search}`;
      const response = await route.fetch({ url }).catch(() => undefined);
      return response ? route.fulfill({ response }) : route.abort();
    }
    const file = fileOf(normalize(pathname));
    if (file === undefined) return route.fulfill({ status: 404 });
    return route.fulfill({ contentType: types[extname(file)], body: await readFile(file) });
  };
}

/** Returns the path of a Grafana icon or font in this folder's packages. */
function fileOf(pathname) {
  const icons = '/public/build/img/icons/';
  if (pathname.startsWith(icons)) {
    return join(packages, '@grafana/ui/dist/public/img/icons', pathname.slice(icons.length));
  }
  // One variable font replaces the files that Grafana has for each weight.
  if (pathname.startsWith('/public/fonts/inter/')) {
    return join(packages, '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2');
  }
  return undefined;
}

/** Draws one dashboard. @returns whether all queries succeeded */
async function draw(context, options, dashboardFile, out) {
  const { at, range, viewport, full, variables, theme, timezone, interval } = options;
  const dashboard = JSON.parse(await readFile(dashboardFile, 'utf8'));
  const page = await context.newPage();
  const crashes = [];
  page.on('pageerror', (error) => crashes.push(error.stack ?? String(error)));
  if (process.env.DEBUG) page.on('console', (message) => say(`  ${message.type()}: ${message.text()}`));
  await page.clock.setFixedTime(at);
  await page.addInitScript((job) => Object.assign(window, { job }), {
    dashboard,
    at,
    range,
    variables,
    theme,
    timezone,
    interval,
  });
  await page.goto(`${origin}/`);
  await page
    .waitForFunction(() => window.report !== undefined, undefined, { timeout: 60_000 })
    .catch((error) => {
      throw new Error([`${dashboardFile}: ${error.message}`, ...crashes].join('\n'));
    });
  const report = await page.evaluate(() => window.report);
  if (full) await page.setViewportSize({ ...viewport, height: Math.max(viewport.height, report.height) });
  await page.evaluate(() => document.fonts.ready);
  await settled(page);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, await toSmall(page, await page.screenshot()));
  await page.close();
  say(`${out}: ${dashboard.title}, ${report.panels} panels`);
  for (const title of report.empty) say(`  no data: ${title}`);
  const errors = [...report.errors, ...crashes];
  for (const error of errors) say(`  ERROR: ${error}`);
  return errors.length === 0;
}

/**
 * Waits until nothing was drawn for a second. Icons load one after the other, also those of a
 * larger window.
 */
async function settled(page) {
  const size = () => page.evaluate(() => document.body.innerHTML.length);
  for (let before = -1, now = await size(); now !== before; now = await size()) {
    before = now;
    await page.waitForTimeout(1000);
  }
}

const say = (line) => process.stdout.write(`${line}\n`);

try {
  const options = readOptions();
  const browser = await chromium.launch({
    executablePath: options.chromium,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  try {
    const { viewport, timezone, theme } = options;
    const context = await browser.newContext({ viewport, timezoneId: timezone, colorScheme: theme });
    await context.route('**/*', answer(await bundle(), options.prometheus));
    for (const [index, file] of options.dashboard.entries()) {
      if (!(await draw(context, options, file, options.out[index]))) process.exitCode = 1;
    }
  } finally {
    await browser.close();
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
