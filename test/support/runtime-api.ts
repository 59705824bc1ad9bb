import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { unzipSync } from 'fflate';
import { startServer } from './server.ts';

/** A function's answer to one event, and its time. */
export interface Invocation {
  /** The returned value; undefined when it failed. */
  body: unknown;
  /** The error, as the runtime reports it. */
  error: { errorType: string; errorMessage: string; trace: string[] } | undefined;
  /** When the answer was complete, on the clock of `deadlineMs`. */
  receivedMs: number;
  /** From the delivery of the event to the complete answer. */
  durationMs: number;
  /** The value of Lambda-Runtime-Deadline-Ms. */
  deadlineMs: number;
}

/** The side of the Lambda service that a runtime talks to. */
export interface RuntimeApi {
  /** For AWS_LAMBDA_RUNTIME_API. */
  host: string;
  /**
   * Delivers an event as soon as the runtime requests one.
   * @throws Error when there is no answer by the deadline
   */
  invoke(event: unknown, timeoutMs: number): Promise<Invocation>;
  /**
   * Resolves as soon as the runtime requests an event and there is none: Lambda would freeze it
   * now.
   */
  idle(limitMs?: number): Promise<void>;
  /** Ends every wait, now and later, with this error: the runtime will not return. */
  fail(error: Error): void;
  close(): Promise<void>;
}

interface Job {
  id: string;
  event: string;
  timeoutMs: number;
  deadlineMs: number;
  handedOutMs: number;
  resolve(invocation: Invocation): void;
}

const prefix = '/2018-06-01/runtime/';
const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:vcc-exporter';

/** Starts a real server that speaks the Lambda Runtime API (2018-06-01) with one runtime. */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  const queue: Job[] = [];
  const underWay = new Map<string, Job>();
  /** The pending request for the next event. */
  let asking: ServerResponse | undefined;
  let count = 0;
  const onIdle: (() => void)[] = [];
  let failure: Error | undefined;
  const onFailure = new Set<(error: Error) => void>();

  function fail(error: Error): void {
    failure ??= error;
    for (const reject of onFailure) reject(failure);
  }

  async function waitFor<T>(
    limitMs: number,
    begin: (resolve: (value: T) => void) => void,
    late: string,
  ): Promise<T> {
    if (failure) throw failure;
    let reject!: (error: Error) => void;
    const promise = new Promise<T>((resolve, rejectIt) => {
      reject = rejectIt;
      begin(resolve);
    });
    const timer = setTimeout(() => reject(new Error(`${late} within ${limitMs} ms`)), limitMs);
    onFailure.add(reject);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      onFailure.delete(reject);
    }
  }

  function handOut(): void {
    if (!asking) return;
    const job = queue.shift();
    if (!job) {
      for (const resolve of onIdle.splice(0)) resolve();
      return;
    }
    const response = asking;
    asking = undefined;
    underWay.set(job.id, job);
    job.handedOutMs = performance.now();
    job.deadlineMs = Date.now() + job.timeoutMs;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(job.event),
      'lambda-runtime-aws-request-id': job.id,
      'lambda-runtime-deadline-ms': job.deadlineMs,
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': 'Root=1-5e66d96f-7491f09d80b5a5a0b4d8bb4f;Parent=53995c3f42cd8ad8;Sampled=0',
    });
    response.end(job.event);
  }

  function settle(id: string, outcome: Pick<Invocation, 'body' | 'error'>): boolean {
    const job = underWay.get(id);
    if (!job) return false;
    underWay.delete(id);
    const { deadlineMs, handedOutMs } = job;
    const times = { receivedMs: Date.now(), durationMs: performance.now() - handedOutMs, deadlineMs };
    job.resolve({ ...outcome, ...times });
    return true;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = `${request.method} ${request.url?.replace(prefix, '')}`;
    if (call === 'GET invocation/next') {
      asking = response;
      return handOut();
    }
    const body = await text(request);
    const [, id, kind] = /^POST invocation\/([^/]+)\/(response|error)$/.exec(call) ?? [];
    let known = call === 'POST init/error';
    if (known) fail(new Error(`the function did not start: ${body}`));
    if (kind === 'response') known = settle(id!, { body: JSON.parse(body), error: undefined });
    if (kind === 'error') known = settle(id!, { body: undefined, error: JSON.parse(body) });
    const answer = known ? '{"status":"OK"}' : '{"errorType":"InvalidRequestID"}';
    response.writeHead(known ? 202 : 400, { 'content-type': 'application/json' }).end(answer);
  }

  const server = await startServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });

  return {
    host: new URL(server.origin).host,
    invoke: (event, timeoutMs) => {
      const id = `8476a536-e9f4-11e8-9739-${String(++count).padStart(12, '0')}`;
      const begin = (resolve: Job['resolve']) => {
        queue.push({ id, event: JSON.stringify(event), timeoutMs, deadlineMs: 0, handedOutMs: 0, resolve });
        handOut();
      };
      return waitFor(timeoutMs, begin, 'Lambda would have ended the process: no answer');
    },
    idle: (limitMs = 10_000) => {
      const begin = (resolve: () => void) => {
        if (asking && queue.length === 0) resolve();
        else onIdle.push(resolve);
      };
      return waitFor(limitMs, begin, 'the runtime did not ask for an event');
    },
    fail,
    close: () => server.close(),
  };
}

/** The program, and its environment. */
export interface RuntimeOptions {
  /** A Node.js of the version that Lambda runs. */
  node: string;
  /** The index.mjs of aws-lambda-ric. */
  client: string;
  /** The zip file that would be deployed. */
  zip: string;
  /** `file.export`, as it is set for the function. */
  handler: string;
  /** The function's environment variables. */
  env: Readonly<Record<string, string | undefined>>;
  /**
   * Replaces /var/runtime/node_modules, where Lambda has its copy of the SDK. Without it there is
   * none.
   */
  runtimeModules?: string;
  memoryMb?: number;
  /** Of the function: how long one invocation may last, unless `invoke` sets another time. */
  timeoutMs?: number;
}

/** A function that has started, as one process. */
export interface LambdaRuntime {
  pid: number;
  /** From spawning the process to its request for the first event. */
  initMs: number;
  /** From spawning the process to the first answer. Undefined before. */
  firstAnswerMs(): number | undefined;
  /** All output so far. */
  output(): string;
  /** @throws Error when there is no answer by the deadline, or the process has ended */
  invoke(event: unknown, timeoutMs?: number): Promise<Invocation>;
  /** Resolves when the runtime requests the next event. */
  idle(): Promise<void>;
  /** Resident memory, in KiB. */
  residentKib(): number;
  /** CPU time so far. Linux counts it in steps of 10 ms. */
  cpuMs(): number;
  /** Freezes the process, as Lambda does between two invocations. */
  freeze(): void;
  thaw(): void;
  /** Ends the process, the API and the folder. */
  close(): Promise<void>;
}

/**
 * Starts a function as Lambda does: the zip in a separate folder, under AWS's runtime client. The
 * environment and the heap limits are those of the managed runtime for Node.js 24.
 * @throws Error when it does not start; then nothing keeps running
 */
export async function startRuntime(options: RuntimeOptions): Promise<LambdaRuntime> {
  const { memoryMb = 256, timeoutMs = 30_000 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'vcc-lambda-'));
  const taskRoot = join(folder, 'task');
  const runtimeModules = options.runtimeModules ?? join(folder, 'runtime', 'node_modules');
  mkdirSync(taskRoot);
  for (const [name, content] of Object.entries(unzipSync(readFileSync(options.zip)))) {
    writeFileSync(join(taskRoot, name), content);
  }

  const api = await startRuntimeApi();
  const startedMs = performance.now();
  // A pipe would deliver the output after the answer, which uses another channel.
  const outputPath = join(folder, 'output');
  const outputFile = openSync(outputPath, 'a');
  const output = () => readFileSync(outputPath, 'utf8');
  const child = spawn(options.node, [...heapLimits(memoryMb), options.client, options.handler], {
    cwd: taskRoot,
    env: { ...environment(options.handler, memoryMb, taskRoot, runtimeModules, api.host), ...options.env },
    stdio: ['ignore', outputFile, outputFile],
  });
  closeSync(outputFile);
  const closed = once(child, 'close').catch(() => {});
  child.once('error', (error) => api.fail(error));
  child.once('close', (code, signal) => {
    api.fail(new Error(`the runtime ended (${signal ?? code}):\n${output()}`));
  });
  // A frozen process would outlive the test that started it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  async function close(): Promise<void> {
    process.off('exit', kill);
    kill();
    await closed;
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    await api.idle(20_000);
  } catch (error) {
    await close();
    throw error;
  }
  const initMs = performance.now() - startedMs;
  let firstAnswerMs: number | undefined;
  return {
    pid: child.pid!,
    initMs,
    firstAnswerMs: () => firstAnswerMs,
    output,
    invoke: async (event, limitMs = timeoutMs) => {
      const invocation = await api.invoke(event, limitMs);
      firstAnswerMs ??= performance.now() - startedMs;
      return invocation;
    },
    idle: () => api.idle(),
    residentKib: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(ofProcess(child, 'status'))![1]),
    cpuMs: () => {
      // The name of the program, in brackets, may contain spaces. User and system time are the 14th
      // and 15th field.
      const fields = ofProcess(child, 'stat')
        .replace(/^.*\) /s, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    close,
  };
}

function ofProcess({ pid }: ChildProcess, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8');
}

/** The managed runtime starts Node.js with these. */
function heapLimits(memoryMb: number): string[] {
  const youngMb = Math.floor(memoryMb / 10);
  return [
    '--expose-gc',
    '--max-http-header-size=81920',
    `--max-semi-space-size=${Math.floor(youngMb / 2)}`,
    `--max-old-space-size=${memoryMb - youngMb}`,
  ];
}

/** The variables that the service and the managed runtime set. Nothing is inherited but PATH. */
function environment(
  handler: string,
  memoryMb: number,
  taskRoot: string,
  runtimeModules: string,
  host: string,
): Record<string, string | undefined> {
  const modules = ['/opt/nodejs/node24/node_modules', '/opt/nodejs/node_modules', runtimeModules, taskRoot];
  return {
    PATH: process.env.PATH,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    NODE_PATH: modules.join(':'),
    LAMBDA_TASK_ROOT: taskRoot,
    _HANDLER: handler,
    AWS_LAMBDA_RUNTIME_API: host,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_FUNCTION_NAME: 'vcc-exporter',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/vcc-exporter',
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/15/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
  };
}
