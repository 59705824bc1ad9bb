// npm run pictures: draws the pictures in docs/images. It runs the simulated workday and the hours
// with queues of the end-to-end tests into a real Prometheus, and scripts/pictures draws the
// dashboards. It takes about ten minutes, and needs Chromium and 450 MB for Grafana's packages.
// npm run pictures -- vcc-queues draws only this one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { liveDay } from '../test/e2e/support/day.ts';
import { beginMs } from '../test/e2e/support/episodes.ts';
import { openPrometheus, type Receiver } from '../test/e2e/support/push.ts';
import { liveQueueHours, queueBeginMs } from '../test/e2e/support/queue-hours.ts';
import { getters } from './e2e/parts.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const render = join(root, 'scripts', 'pictures');

/** A dashboard to draw, at a minute of a run. */
interface Picture {
  name: string;
  uid: string;
  minute: number;
  range: string;
}

/** A run of the simulator into Prometheus, and the pictures of it. */
interface World {
  beginMs: number;
  live(receiver: Receiver, folder: string): Promise<unknown>;
  pictures: readonly Picture[];
}

/**
 * The workday shows:
 * - an ordinary hour, and an hour without interactions
 * - an outage of the API, and the time after it
 * - lunch
 * - agents who do not notice "no answer"
 */
const day: World = {
  beginMs,
  live: (receiver, folder) => liveDay(receiver, folder, () => false),
  pictures: [
    { name: 'vcc-floor', uid: 'vcc-floor', minute: 258, range: '1h' },
    { name: 'vcc-floor-lull', uid: 'vcc-floor', minute: 178, range: '3h' },
    { name: 'vcc-floor-outage', uid: 'vcc-floor', minute: 824, range: '3h' },
    { name: 'vcc-team', uid: 'vcc-team', minute: 305, range: '3h' },
    { name: 'vcc-interactions', uid: 'vcc-interactions', minute: 474, range: '3h' },
    { name: 'vcc-exporter', uid: 'vcc-exporter', minute: 878, range: '6h' },
  ],
};

/** The hours with queues, in which customers wait. */
const queues: World = {
  beginMs: queueBeginMs,
  live: (receiver) => liveQueueHours(receiver),
  pictures: [
    { name: 'vcc-queues', uid: 'vcc-queues', minute: 112, range: '2h' },
    { name: 'vcc-floor-queues', uid: 'vcc-floor', minute: 112, range: '2h' },
  ],
};

/**
 * The whole page is for the docs. The sizes of a wall screen, a laptop and a phone are for review.
 */
const screens = [
  { folder: join('docs', 'images'), width: 1366, height: 768, theme: 'dark', full: true },
  ...['dark', 'light'].flatMap((theme) =>
    [
      { width: 1920, height: 1080, full: false },
      { width: 1366, height: 768, full: true },
      { width: 390, height: 844, full: true },
    ].map((size) => ({
      folder: join('.cache', 'pictures', `${size.width}x${size.height}-${theme}`),
      theme,
      ...size,
    })),
  ),
];

function runOrThrow(command: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error || status !== 0) throw error ?? new Error(`${command} ${args[0]}: exit status ${status}`);
}

function draw(origin: string, { beginMs, pictures }: World): void {
  for (const { folder, width, height, theme, full } of screens) {
    mkdirSync(join(root, folder), { recursive: true });
    const look = ['--width', String(width), '--height', String(height), '--theme', theme];
    if (full) look.push('--full');
    for (const { name, uid, minute, range } of pictures) {
      const at = new Date(beginMs + minute * 60_000).toISOString();
      const files = ['--dashboard', join('dashboards', 'grafana', `${uid}.json`)];
      const out = ['--out', join(folder, `${name}.png`)];
      const when = ['--prometheus', origin, '--at', at, '--range', range, '--interval', '30s'];
      runOrThrow(process.execPath, [join(render, 'render.mjs'), ...when, ...files, ...out, ...look], root);
    }
  }
}

if (!existsSync(join(render, 'node_modules'))) runOrThrow('npm', ['ci'], render);
const wanted = process.argv.slice(2);
for (const world of [day, queues]) {
  const pictures = world.pictures.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  if (pictures.length === 0) continue;
  const folder = mkdtempSync(join(tmpdir(), 'vcc-pictures-'));
  const prometheus = await openPrometheus(getters.prometheus().prometheus, folder);
  try {
    await prometheus.start();
    await world.live(prometheus, folder);
    draw(prometheus.origin, { ...world, pictures });
  } finally {
    await prometheus.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
