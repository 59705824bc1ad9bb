import { readFileSync } from 'node:fs';

/** Mutants of one file, by result. */
interface Counts {
  killed: number;
  timeouts: number;
  survived: number;
  uncovered: number;
}

interface Area {
  code: string[];
  tests: string[];
  /** Kinds of mutants that are not tested, and why. */
  exclude?: Record<string, string>;
}

interface Survivor {
  file: string;
  code: string;
  was: string;
  becomes: string;
  why: string;
}

const read = <T>(name: string) =>
  JSON.parse(readFileSync(new URL(`mutation/${name}`, import.meta.url), 'utf8')) as T;
const areas = read<Record<string, Area>>('areas.json');
const figures = read<Record<string, { run: string; files: Record<string, Counts> }>>('figures.json');
const survivors = read<Survivor[]>('survivors.json');

/** The counts of all tested files. */
const all = Object.values(figures).flatMap(({ files }) => Object.values(files));

/** Returns a short summary of the last runs. */
export function mutationSummary(): string {
  const [mutants, , , , , score] = cells(all);
  return `${score} of ${mutants} mutants found, in ${Object.keys(figures).length} of ${Object.keys(areas).length} areas`;
}

/**
 * Returns docs/explain/mutation.md, from the figures of the last runs and the explanations of
 * survivors in scripts/mutation.
 */
export function mutationPage(notice: string): string {
  const results = Object.entries(areas).flatMap(([area, { code }]) => {
    const result = figures[area];
    if (!result) return [[`**${area}**`, '', '', '', '', '', '', 'not yet']];
    const files = Object.entries(result.files);
    const own = code.length === 1 && files.length === 1 ? [] : files;
    return [
      [`**${area}**`, ...cells(files.map(([, counts]) => counts)), result.run],
      ...own.map(([file, counts]) => [file, ...cells([counts]), '']),
    ];
  });
  const sources = Object.entries(areas).map(([area, { code, tests, exclude = {} }]) => [
    area,
    code.join(', '),
    tests.join(', '),
    Object.entries(exclude)
      .map(([kind, why]) => `${kind}: ${why}`)
      .join(' '),
  ]);
  const files = [...new Set(survivors.map(({ file }) => file))];
  return `${notice}
# Mutation tests

Mutation tests measure the tests. [Stryker](https://stryker-mutator.io) changes the code in one place, for example \`<\` to
\`<=\`. The result is a mutant. If a test fails, the mutant is killed. If no test fails, it has survived: the tests do not notice this
change. \`npm run mutation\` changes the code that computes metric values. It runs only the tests of the same area.

- \`npm run mutation -- snapshot\` runs the areas of one folder, \`npm run mutation -- snapshot/teams\` one area.
- A second run tests only the mutants whose code or tests have changed. It does not notice changes of other files, such as
  test/support. Delete .cache/mutation/*.incremental.json to test all again.
- The first run installs Stryker in .cache/mutation, from its own lock file in scripts/mutation. \`npm ci\` does not install its 170
  packages.
- The command fails if an area scores less than 90 %, if a survivor has no explanation in scripts/mutation/survivors.json, or if an
  explanation has no survivor.
- A full run has some 3,700 mutants, about 60 a minute on a core of its own, so it is not part of \`npm test\`. In this
  run, property tests (fast-check) use a fixed seed.

## Results

The score is the share of mutants that were killed or timed out. A mutant times out when a loop or a wait does not end.

${table(
  ['Code', 'Mutants', 'Killed', 'Timeouts', 'Survived', 'Not covered', 'Score', 'Last run'],
  [
    ...results,
    [`**${Object.keys(figures).length} of ${Object.keys(areas).length} areas**`, ...cells(all), ''],
  ],
)}

${table(['Area', 'Code', 'Tests', 'Not mutated'], sources)}

## Survivors

None of these changes a result.

${files
  .map(
    (file) => `### ${file}

${table(
  ['Line', 'Mutation', 'Why it survives'],
  survivors
    .filter((each) => each.file === file)
    .map(({ code, was, becomes, why }) => [quote(code), `${quote(was)} → ${quote(becomes)}`, why]),
)}
`,
  )
  .join('\n')}`;
}

function cells(all: readonly Counts[]): string[] {
  const sum = (kind: keyof Counts) => all.reduce((total, counts) => total + counts[kind], 0);
  const [killed, timeouts, survived, uncovered] = [
    sum('killed'),
    sum('timeouts'),
    sum('survived'),
    sum('uncovered'),
  ];
  const mutants = killed + timeouts + survived + uncovered;
  const score = mutants === 0 ? '' : `${((100 * (killed + timeouts)) / mutants).toFixed(1)} %`;
  return [...[mutants, killed, timeouts, survived, uncovered].map(String), score];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function quote(code: string): string {
  if (code === '') return 'nothing';
  return code.includes('`') ? `\`\` ${code} \`\`` : `\`${code}\``;
}
