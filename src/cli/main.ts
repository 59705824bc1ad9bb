import { run } from './run.ts';

// The AWS SDK warns at each start that a version to come needs a newer Node.js. Which one this needs is in package.json.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  if (process.env.npm_lifecycle_event === undefined) return;
  // npm signals the shell that stands between it and us, which passes nothing on: to be orphaned is to be stopped.
  const { ppid } = process;
  setInterval(() => {
    if (process.ppid !== ppid) resolve();
  }, 250).unref();
});

let lasting = false;
// A reader that has seen enough (`| head`) is no failure. Nor does a service end because nobody reads its log any more, or the
// disk with it is full: it is there to be scraped.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (lasting) return;
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
// What is told here is for who reads it; the result is elsewhere.
process.stderr.on('error', () => {});

process.exitCode = await run(
  {
    env: process.env,
    folder: process.cwd(),
    print: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
    interactive: process.stdout.isTTY === true,
    stopped,
    outlastReaders() {
      lasting = true;
    },
  },
  process.argv.slice(2),
);
