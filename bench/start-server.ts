import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A running bench server. */
export interface BenchServer {
  origin: string;
  stop(): void;
}

/** Starts the server for an account of this size. */
export async function startServer(
  agents: number,
  pageSize: number,
  latencyMs: number,
  { ongoing = 0, queueTimes = 0 } = {},
): Promise<BenchServer> {
  const child = fork(
    fileURLToPath(new URL('./server.ts', import.meta.url)),
    [agents, pageSize, latencyMs, ongoing, queueTimes].map(String),
    { execArgv: process.execArgv },
  );
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(Number(message)));
    child.once('exit', () => reject(new Error('the bench server ended')));
  });
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
}
