import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, table } from './measure.ts';
import { startServer } from './start-server.ts';

const pageSize = 1000;

/** (c) Peak memory of a process that scrapes once. */
export async function peakMemory(quick: boolean): Promise<string> {
  const agents = quick ? 10_000 : 50_000;
  const pages = agents / pageSize;
  const server = await startServer(agents, pageSize, 0);
  const script = fileURLToPath(new URL('./memory-child.ts', import.meta.url));
  const rows: string[][] = [];
  for (const name of ['nothing', 'bare', 'ours', 'straightforward']) {
    const runs = Array.from({ length: quick ? 1 : 5 }, () =>
      Number(
        execFileSync(process.execPath, [
          ...process.execArgv,
          script,
          name,
          server.origin,
          String(pages),
          String(pageSize),
        ]),
      ),
    );
    rows.push([name, `${median(runs).toFixed(0)} MB`]);
  }
  server.stop();
  return `(c) Peak resident memory of a process, ${agents} agents on ${pages} pages (medians)

${table(['scrape', 'peak'], rows)}

"nothing" is the same process with everything loaded and no scrape; "bare" holds all parsed pages at once.
`;
}
