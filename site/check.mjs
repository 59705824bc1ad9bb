// Opens every page of the built site in Chromium, narrow and wide, light and dark, and searches it:
// `npm run docs -- --check`.
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from 'vitepress';

const site = fileURLToPath(new URL('.', import.meta.url));
const built = fileURLToPath(new URL('../.cache/site/vcc-exporter/', import.meta.url));

/** Search queries, their kinds, and the pages that must be found. */
const searches = [
  ['VCC_PUSH_INTERVAL', 'a setting', 'reference/settings'],
  ['vcc_agents_available', 'a metric', 'reference/metrics'],
  ['VccNobodyReady', 'an alert', 'use/runbook/VccNobodyReady'],
  ['credentials_rejected', 'an error', 'reference/errors'],
];
const looks = [
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
];

/** Returns a free port. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Returns the problems of the current page. Runs in the browser. */
function problemsHere() {
  const { scrollWidth, clientWidth } = document.documentElement;
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each);
      if (!/, 0\)$/.test(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [...document.querySelectorAll('main :is(h1, h2, h3, p, li, td, th)')].filter((element) => {
    const pair = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort();
    return (pair[1] + 0.05) / (pair[0] + 0.05) < 4.5;
  });
  const broken = [...document.images].filter(({ complete, naturalWidth }) => complete && naturalWidth === 0);
  return [
    ...(scrollWidth > clientWidth
      ? [`scrolls horizontally: ${scrollWidth} px wide, ${clientWidth} px visible`]
      : []),
    ...faint.slice(0, 3).map(({ textContent }) => `low contrast: ${textContent.slice(0, 40)}`),
    ...broken.map(({ src }) => `image not loaded: ${src}`),
  ];
}

const port = await freePort();
const { server } = await serve({ root: site, port });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const origin = `http://localhost:${port}/vcc-exporter/`;
const problems = [];
try {
  const paths = readdirSync(built, { recursive: true })
    .filter((file) => file.endsWith('.html') && file !== '404.html')
    .map((file) =>
      file
        .replaceAll('\\', '/')
        .replace(/(^|\/)index\.html$/, '$1')
        .replace(/\.html$/, ''),
    );
  for (const { width, colorScheme } of looks) {
    const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme });
    let path = '';
    page.on('pageerror', (error) => problems.push(`${path}: ${error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 400) problems.push(`${path}: ${response.status()} ${response.url()}`);
    });
    for (path of paths) {
      await page.goto(origin + path, { waitUntil: 'load' });
      const dark = await page.evaluate(() => document.documentElement.classList.contains('dark'));
      const found = await page.evaluate(problemsHere);
      if (dark !== (colorScheme === 'dark')) found.push('has the wrong theme');
      problems.push(...found.map((problem) => `${path || 'index'}, ${width} px, ${colorScheme}: ${problem}`));
    }
    await page.close();
  }
  const page = await browser.newPage({ viewport: { width: 1280, height: 844 } });
  for (const [query, kind, target] of searches) {
    await page.goto(origin, { waitUntil: 'networkidle' });
    await page.locator('#local-search button').click();
    await page.locator('#localsearch-input').fill(query);
    // Until the index is loaded and searched, the box is empty or shows earlier results.
    const first = '#localsearch-list li:nth-child(-n + 3) a';
    try {
      await page.locator(`${first}[href^="/vcc-exporter/${target}#"]`).first().click({ timeout: 15_000 });
      await page.waitForURL(`**/${target}*`);
      await page.locator('main').getByText(query).first().waitFor({ state: 'attached', timeout: 15_000 });
    } catch {
      const links = await page
        .locator(first)
        .evaluateAll((all) => all.map((each) => each.getAttribute('href')));
      problems.push(
        `search for ${kind}, ${query}: the first results are ${links.join(' ') || 'none'}, the page is ${page.url()}`,
      );
    }
  }
  process.stdout.write(
    `${paths.length} pages at ${looks.length} sizes and colours, ${searches.length} searches\n`,
  );
} finally {
  await browser.close();
  server.close();
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exit(problems.length > 0 ? 1 : 0);
