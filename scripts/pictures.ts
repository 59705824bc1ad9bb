// The pictures of docs/images: the end-to-end tests' workday, lived into a real Prometheus, and the dashboards drawn from it
// by scripts/pictures. Takes about five minutes, Chromium, and 450 MB for Grafana's packages.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { liveDay } from '../test/e2e/support/day.ts';
import { beginMs } from '../test/e2e/support/episodes.ts';
import { openPrometheus } from '../test/e2e/support/push.ts';
import { getters } from './e2e/parts.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const render = join(root, 'scripts', 'pictures');

/** Which dashboard at which minute of the day: a lull, lunch, a storm of ringing, an outage of the API just over. */
const pictures = [
  { uid: 'vcc-floor', minute: 178, range: '3h' },
  { uid: 'vcc-team', minute: 305, range: '3h' },
  { uid: 'vcc-interactions', minute: 477, range: '3h' },
  { uid: 'vcc-exporter', minute: 872, range: '6h' },
];
/** The whole page for the docs; what a screen on the wall and a laptop show of it, to be looked at. */
const screens = [
  { folder: join('docs', 'images'), width: 1920, height: 1080, more: ['--full'] },
  { folder: join('.cache', 'pictures', '1920x1080'), width: 1920, height: 1080, more: [] },
  { folder: join('.cache', 'pictures', '1366x768'), width: 1366, height: 768, more: [] },
];

function runOrThrow(command: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error || status !== 0) throw error ?? new Error(`${command} ${args[0]}: exit status ${status}`);
}

function draw(origin: string): void {
  for (const { folder, width, height, more } of screens) {
    mkdirSync(join(root, folder), { recursive: true });
    const size = ['--width', String(width), '--height', String(height), ...more];
    for (const { uid, minute, range } of pictures) {
      const at = new Date(beginMs + minute * 60_000).toISOString();
      const files = ['--dashboard', join('dashboards', 'grafana', `${uid}.json`)];
      const out = ['--out', join(folder, `${uid}.png`)];
      const when = ['--prometheus', origin, '--at', at, '--range', range, '--interval', '30s'];
      runOrThrow(process.execPath, [join(render, 'render.mjs'), ...when, ...files, ...out, ...size], root);
    }
  }
}

if (!existsSync(join(render, 'node_modules'))) runOrThrow('npm', ['ci'], render);
const folder = mkdtempSync(join(tmpdir(), 'vcc-pictures-'));
const prometheus = await openPrometheus(getters.prometheus().prometheus, folder);
try {
  await prometheus.start();
  await liveDay(prometheus, folder, () => false);
  draw(prometheus.origin);
} finally {
  await prometheus.stop();
  rmSync(folder, { recursive: true, force: true });
}
