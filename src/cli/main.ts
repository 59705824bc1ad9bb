import { keepHeapSmall } from './heap.ts';
import { run } from './run.ts';

keepHeapSmall();

// At each start, the AWS SDK warns that future versions require a newer Node.js. Our requirement is
// in package.json.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  if (process.env.npm_lifecycle_event === undefined) return;
  // npm signals the shell between npm and this process, and the shell does not pass the signal on.
  // So stop when the parent process ends.
  const { ppid } = process;
  setInterval(() => {
    if (process.ppid !== ppid) resolve();
  }, 250).unref();
});

let lasting = false;
// A reader that closes early (`| head`) is not a failure. A service must also survive when its log
// is no longer read or the disk is full.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (lasting) return;
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
// Standard error has only information for the user. The command must not fail because of it.
process.stderr.on('error', () => {});

process.exitCode = await run(
  {
    env: process.env,
    folder: process.cwd(),
    print: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
    data: (text) => process.stdout.write(`${text}\n`),
    moveUp: (rows) => process.stdout.write(`\x1b[${rows}A\x1b[J`),
    columns: () => process.stdout.columns ?? Number.POSITIVE_INFINITY,
    interactive: process.stdout.isTTY === true,
    stopped,
    outlastReaders() {
      lasting = true;
    },
  },
  process.argv.slice(2),
);
