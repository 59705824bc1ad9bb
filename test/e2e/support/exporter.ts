import { fileURLToPath } from 'node:url';
import type { Simulator } from '../../../src/simulator/server.ts';
import { type Ended, poll, type Running, run, start } from './process.ts';

const cli = fileURLToPath(new URL('../../../dist/cli.mjs', import.meta.url));

/** The settings by which an exporter's process reads this simulator. */
export function settingsFor(
  simulator: Simulator,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    VCC_ACCOUNT: 'e2e',
    VCC_API_URL: simulator.apiUrl,
    VCC_TOKEN_URL: simulator.tokenUrl,
    VCC_CLIENT_ID: simulator.clientId,
    VCC_CLIENT_SECRET: simulator.clientSecret,
    VCC_PAGE_SIZE: '25',
    ...more,
  };
}

/** A command of `vcc-exporter` as a process. */
export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  folder: string,
): Promise<Ended> {
  return run(process.execPath, [cli, ...args], { folder, env });
}

/** `vcc-exporter scrape` as a process. */
export function scrapeOnce(
  env: Readonly<Record<string, string>>,
  format: 'text' | 'openmetrics',
  folder: string,
  node = process.execPath,
): Promise<Ended> {
  return run(node, [cli, 'scrape', '--format', format], { folder, env });
}

/** `vcc-exporter serve` as a process. */
export interface Exporter {
  /** As printed, without a slash at the end. */
  origin: string;
  /** Everything that it has written. */
  output(): string;
  stop(): Promise<Ended>;
}

/** Starts `vcc-exporter serve`, on a free port if none is set. */
export async function startExporter(
  env: Readonly<Record<string, string>>,
  folder: string,
  node = process.execPath,
  options: readonly string[] = [],
): Promise<Exporter> {
  const exporter: Running = start(node, [cli, 'serve', ...options], { folder, env: { PORT: '0', ...env } });
  const output = () => exporter.stdout() + exporter.stderr();
  try {
    const origin = await poll('the address of vcc-exporter serve', () =>
      exporter.ended() === undefined ? /^Metrics: (\S+)\/metrics /m.exec(exporter.stdout())?.[1] : '',
    );
    if (origin === '') throw new Error(`vcc-exporter serve ended:\n${output()}`);
    return { origin, output, stop: () => exporter.stop() };
  } catch (error) {
    await exporter.stop();
    throw error;
  }
}
