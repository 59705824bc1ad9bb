import { createHash } from 'node:crypto';
import type { Build } from '../catalogue/metric.ts';
import type { Reading } from '../snapshot/reading.ts';

/** The last scrape of an account by this process, whoever asked for it. */
export interface LastScrape {
  reading: Reading;
  atMs: number;
}

/** What the landing page shows. */
export interface LandingFacts {
  build: Build;
  accounts: readonly string[];
  last: ReadonlyMap<string, LastScrape>;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
body.several { max-width: 60rem }
.wide { overflow-x: auto; white-space: nowrap }
h1 { margin-bottom: 0 }
h1 + p { margin-top: 0; opacity: .7 }
table { border-collapse: collapse; width: 100% }
th, td { padding: .35rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
:is(th, td) + :is(th, td) { padding-left: 1rem }
th { text-align: left; font-weight: normal; opacity: .7 }
td, .several thead th:nth-child(n + 3) { text-align: right; font-variant-numeric: tabular-nums }
.several td:nth-child(2) { text-align: left }
.several th[scope='row'] { opacity: 1 }
.up { color: #1a7f37 } .down { color: #d1242f }
@media (prefers-color-scheme: dark) { .up { color: #4ac26b } .down { color: #ff7b72 } }
`;

/** What browsers are told of the page: nothing runs, nothing is fetched, nobody frames it; its one style is known by hash. */
export function landingHeaders(): Record<string, string> {
  const hash = createHash('sha256').update(style).digest('base64');
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'referrer-policy': 'no-referrer',
    // Browsers heed it over https only, so that it does no harm on a laptop.
    'strict-transport-security': 'max-age=31536000',
    'x-frame-options': 'DENY',
  };
}

/** The page at `/`: what this is, and how the last scrapes went. */
export function landingPage({ build, accounts, last }: LandingFacts): string {
  const several = accounts.length > 1;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>vcc-exporter</title>
<style>${style}</style>
</head>
<body${several ? ' class="several"' : ''}>
<h1>vcc-exporter</h1>
<p>Prometheus exporter for Vonage Contact Center · version ${escapeHtml(build.version)}</p>
<p><a href="metrics">Metrics</a> · <a href="sd">Service discovery</a> · <a href="-/healthy">Health</a></p>
${several ? allAccounts(accounts, last) : oneAccount(accounts[0]!, last.get(accounts[0]!))}
</body>
</html>
`;
}

function oneAccount(account: string, last: LastScrape | undefined): string {
  const none = '<p>Not scraped yet by this process. <a href="metrics">Scrape now</a>.</p>';
  return `<h2>Account ${escapeHtml(account)}</h2>\n${last ? lastScrape(last) : none}`;
}

function allAccounts(accounts: readonly string[], last: LandingFacts['last']): string {
  const rows = accounts.map((account) => {
    const target = encodeURIComponent(account);
    const name = `<th scope="row"><a href="probe?target=${target}">${escapeHtml(account)}</a></th>`;
    const found = last.get(account);
    if (!found)
      return `<tr>${name}<td>not scraped yet</td><td></td><td></td><td></td><td></td><td></td></tr>`;
    const { reading, atMs } = found;
    const { floor } = reading;
    const numbers = floor
      ? [floor.agents, floor.presences[0]!.ages.count, floor.idle.count, floor.distinctInteractions]
      : ['', '', '', ''];
    const cells = [stateOf(reading), ...numbers, new Date(atMs).toISOString().slice(11, 19)];
    return `<tr>${name}${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = ['Account', 'State', 'Agents', 'Ready', 'Idle', 'Interactions', 'Scraped (UTC)'];
  return `<h2>${accounts.length} accounts</h2>
<div class="wide"><table>
<thead><tr>${head.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead>
${rows.join('\n')}
</table></div>`;
}

function stateOf({ error }: Reading): string {
  return error === undefined ? '<span class="up">up</span>' : `<span class="down">down: ${error}</span>`;
}

function lastScrape({ reading, atMs }: LastScrape): string {
  const { floor } = reading;
  const rows: [string, string][] = [
    ['State', stateOf(reading)],
    ['Last scrape', new Date(atMs).toISOString()],
    ['Took', `${(reading.durationMs / 1000).toFixed(2)} s of ${(reading.budgetMs / 1000).toFixed(1)} s`],
    ['Requests to the API', `${reading.requests}, of these repeats ${reading.retries}`],
  ];
  if (floor) {
    rows.push(['Snapshot of', new Date(floor.takenAtMs).toISOString()], ['Agents', String(floor.agents)]);
    for (const { name, ages } of floor.presences) rows.push([escapeHtml(name), String(ages.count)]);
    rows.push(['Idle', String(floor.idle.count)], ['Interactions', String(floor.distinctInteractions)]);
  }
  const cells = rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return `<table>\n${cells.join('\n')}\n</table>`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
