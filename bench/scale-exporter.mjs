// The deployed bundle in its own process. bench/scale.ts starts it and requests scrapes. The
// process returns their time and memory.
import { gunzipSync } from 'node:zlib';

const { handler } = await import('../dist/handlers/metrics.mjs');
const event = JSON.parse(process.argv[2]);
const context = { getRemainingTimeInMillis: () => 120_000 };
event.headers['accept-encoding'] = 'gzip';
event.headers['x-prometheus-scrape-timeout-seconds'] = '60';

process.on('message', async () => {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const { statusCode, body } = await handler(event, context);
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  if (statusCode !== 200) throw new Error(body);
  const packed = Buffer.from(body, 'base64');
  const text = gunzipSync(packed).toString('utf8');
  const values = (name) =>
    [...text.matchAll(new RegExp(`^${name}\\{account="([^"]*)"\\} (\\S+)$`, 'gm'))].map(
      ([, account, value]) => [account, Number(value)],
    );
  process.send({
    wallMs,
    cpuMs: (user + system) / 1000,
    // The peak memory of this process, without the simulator. In kB on Linux.
    peakMb: process.resourceUsage().maxRSS / 1024,
    bytes: text.length,
    packedBytes: packed.length,
    series: text.match(/^[^#\s]/gm).length,
    requests: values('vcc_scrape_api_requests').reduce((sum, [, count]) => sum + count, 0),
    up: values('vcc_up')
      .filter(([, up]) => up === 1)
      .map(([account]) => account),
    durations: values('vcc_scrape_duration_seconds'),
  });
});
process.send('ready');
