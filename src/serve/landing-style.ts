import { createHash } from 'node:crypto';

/**
 * The style of the page at /. On a narrow screen, each row of a floor table becomes a block, so
 * that nothing is too wide.
 */
export const style = `
:root {
  color-scheme: light dark;
  --back: #ffffff; --text: #1f2328; --muted: #59636e; --line: #d1d9e0; --link: #0969da;
  --up: #1a7f37; --down: #cf222e; --fault: #ffebe9;
  font: 16px/1.5 system-ui, sans-serif; background: var(--back); color: var(--text);
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1117; --text: #e6edf3; --muted: #9da7b3; --line: #3d444d; --link: #79b8ff;
    --up: #4ac26b; --down: #ff7b72; --fault: #35171a;
  }
}
* { box-sizing: border-box }
body { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1.25rem; margin: 1.75rem 0 .5rem }
p { margin: .25rem 0 }
a { color: var(--link) }
nav { display: flex; flex-wrap: wrap; gap: 0 1.25rem }
header p, footer, time, thead th { color: var(--muted) }
footer { margin-top: 2rem; font-size: .875rem }
.simulated { margin: 1rem 0; padding: .75rem 1rem; border-radius: .375rem; background: #7c2fb0; color: #ffffff }
.fault { margin: .5rem 0; padding: .75rem 1rem; border-left: .25rem solid var(--down); background: var(--fault) }
.up { color: var(--up); font-weight: 600 }
.down { color: var(--down); font-weight: 600 }
time { font-weight: 400 }
code { font-size: .875em }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }
tr { border-bottom: 1px solid var(--line) }
th, td { padding: .375rem .5rem; text-align: right; font-weight: inherit }
td { font-variant-numeric: tabular-nums }
thead th { font-size: .875rem; vertical-align: bottom; overflow-wrap: normal }
th:first-child, .state, .details td { text-align: left }
.details th { width: 11rem; color: var(--muted) }
.account { font-weight: 600 }
.state { font-weight: 400; white-space: nowrap }
.account ~ .team th, .in { padding-left: 1.5rem }
tr:has(+ .why) { border: 0 }
.why td { padding: 0 0 .5rem; text-align: left }
.pair { display: flex; flex-wrap: wrap; column-gap: 3rem; align-items: flex-start }
.pair table { flex: 1 1 20rem; width: auto }
@media (min-width: 56.01rem) {
  .team + .account :is(th, td) { padding-top: 1.25rem }
}
@media (max-width: 56rem) {
  table.floor, .floor thead, .floor tbody { display: block }
  .floor tr { display: grid; grid-template-columns: 1fr .95fr .8fr 1.7fr .9fr .9fr 1.1fr 1.2fr }
  .floor :is(th, td) { padding: .125rem }
  .floor thead th { font-size: .6875rem; line-height: 1.3; align-self: end }
  .floor td { font-size: .875rem; padding-bottom: .375rem; white-space: nowrap }
  .floor :is(tr th:first-child, .state, .why td) { grid-column: 1 / -1; white-space: normal }
  .floor .account :is(th, .state) { grid-column: span 4; padding-top: .5rem }
  .floor :is(.state:empty, thead .state) { display: none }
  .floor .why td { padding-bottom: .75rem }
}
`;

/** A headset. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#7c2fb0"/><path d="M8 19v-3a8 8 0 0 1 16 0v3" fill="none" stroke="#fff" stroke-width="3"/><rect x="5.5" y="17" width="5.5" height="8" rx="2" fill="#fff"/><rect x="21" y="17" width="5.5" height="8" rx="2" fill="#fff"/></svg>';

/** The page's icon as a data URL, which needs no request. */
export const iconAddress = `data:image/svg+xml,${encodeURIComponent(icon)}`;

const hash = createHash('sha256').update(style).digest('base64');

/**
 * The headers of the page. They forbid scripts, requests and frames. They allow the style of the
 * page, by its hash, and its inline icon.
 */
export const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  // Browsers ignore this over http, so it does not affect local use.
  'strict-transport-security': 'max-age=31536000',
  'x-frame-options': 'DENY',
};
