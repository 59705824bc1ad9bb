import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How a process ended and what it wrote. */
export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** How a process runs: it inherits nothing but PATH, and has no .env file. */
export interface ProcessOptions {
  folder: string;
  env?: Readonly<Record<string, string | undefined>>;
  input?: string;
}

/** A process under way. */
export interface Running {
  /** All output so far. */
  stdout(): string;
  stderr(): string;
  /** Undefined while it runs. */
  ended(): number | null | undefined;
  /** Freezes it, as a closed lid does, until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** Kills it, as a machine without memory does. */
  kill(): Promise<void>;
  /** Sends it a signal to end. Kills it if it does not within the time. */
  stop(graceMs?: number): Promise<Ended>;
  /** Waits for its end. Kills it and throws when it takes longer. */
  end(limitMs: number): Promise<Ended>;
}

/** Starts a process. */
export function start(file: string, args: readonly string[], options: ProcessOptions): Running {
  const child: ChildProcess = spawn(file, args, {
    cwd: options.folder,
    env: { PATH: process.env.PATH, SYSTEMROOT: process.env.SYSTEMROOT, ...options.env },
    stdio: 'pipe',
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]!.setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
    });
  }
  let status: number | null | undefined;
  let failure: Error | undefined;
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
    child.once('close', (code) => {
      status = code;
      resolve();
    });
  });
  child.stdin!.on('error', () => {}).end(options.input);

  async function closedWithin(limitMs: number): Promise<boolean> {
    const controller = new AbortController();
    const late = wait(limitMs, false, { signal: controller.signal }).catch(() => false);
    const inTime = await Promise.race([closed.then(() => true), late]);
    controller.abort();
    if (failure) throw failure;
    return inTime;
  }
  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await closed;
  }
  return {
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    ended: () => status,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    kill,
    stop: async (graceMs = 15_000) => {
      if (status === undefined) child.kill('SIGTERM');
      if (!(await closedWithin(graceMs))) await kill();
      return { status: status ?? null, ...written };
    },
    end: async (limitMs) => {
      if (await closedWithin(limitMs)) return { status: status ?? null, ...written };
      await kill();
      throw new Error(`${file} was still running after ${limitMs} ms\n${written.stdout}\n${written.stderr}`);
    },
  };
}

/** Runs a process to its end. */
export function run(file: string, args: readonly string[], options: ProcessOptions): Promise<Ended> {
  return start(file, args, options).end(30_000);
}

/**
 * Tries again and again until there is an answer.
 * @throws Error when there is none within the time
 */
export async function poll<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = 40_000,
): Promise<T> {
  const endMs = Date.now() + limitMs;
  let last: unknown;
  while (Date.now() < endMs) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = 'no answer yet';
    } catch (error) {
      last = error;
    }
    await wait(100);
  }
  throw new Error(`${what}: not within ${limitMs / 1000} s`, { cause: last });
}

/**
 * A port that is free now. The system does not choose it for others: their ports are above 32,767.
 * Tests run at the same time, and a port that a test released could be taken before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** A running server of another project. */
export interface Serving {
  /** Address without a path. */
  origin: string;
  stop(): Promise<Ended>;
}

/** Starts a server of the Prometheus project on a free port and waits until it is ready. */
export async function serveOnFreePort(
  name: string,
  binary: string,
  args: readonly string[],
  folder: string,
): Promise<Serving> {
  // Another process may have taken a free port a moment later.
  for (let attempt = 1; ; attempt++) {
    const address = `127.0.0.1:${await freePort()}`;
    const server = start(binary, [...args, `--web.listen-address=${address}`], { folder });
    const origin = `http://${address}`;
    try {
      await poll(`a ready ${name}`, async () => {
        if (server.ended() !== undefined) return true;
        return (await fetch(`${origin}/-/ready`)).ok;
      });
    } catch (error) {
      await server.stop();
      throw error;
    }
    if (server.ended() === undefined) return { origin, stop: () => server.stop() };
    const log = server.stderr();
    if (attempt === 3 || !log.includes('address already in use')) throw new Error(`${name} ended:\n${log}`);
  }
}
