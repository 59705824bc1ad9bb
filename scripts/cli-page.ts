import type { Option } from 'commander';
import type { Command } from '../src/cli/command.ts';
import { commands, commonOptions, statusTwoOf } from '../src/cli/run.ts';
import { row } from './markdown.ts';

/** Returns docs/reference/cli.md: the help of every command. */
export function cliPage(notice: string): string {
  return `${notice}
# Command line

In a checkout, run \`npx vcc-exporter COMMAND\`. The examples leave out \`npx\`. \`vcc-exporter COMMAND --help\` shows the same text as this page.

| Command | What it does |
| --- | --- |
${commands.map(({ name, summary }) => row(`[\`${name}\`](#${name})`, summary)).join('\n')}

Options of every command:

${optionTable([...commonOptions, { flags: '-h, --help', description: 'show the help of the command' }])}

\`vcc-exporter --version\` shows the version.

${commands.map(section).join('\n')}`;
}

type Shown = Pick<Option, 'flags' | 'description'> & Partial<Option>;

function optionTable(options: readonly Shown[]): string {
  const rows = options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description, defaultValue, defaultValueDescription }) =>
      row(
        `\`${flags}\``,
        description,
        defaultValueDescription ?? (defaultValue ? `\`${defaultValue}\`` : ''),
      ),
    );
  return `| Option | Meaning | Default |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

function section({ name, about, options, sections, statuses, examples, notes }: Command<never>): string {
  const settings = sections.map(
    (title) => `[${title}](settings.md#${title.toLowerCase().replaceAll(' ', '-')})`,
  );
  const codes = [...statuses, statusTwoOf(sections)].map((meaning, code) => row(`${code}`, meaning));
  return `## ${name}

${about}

${options.some(({ hidden }) => !hidden) ? `${optionTable(options)}\n\n` : ''}${
  settings.length === 0 ? 'It reads no `VCC_*` settings.' : `Settings: ${settings.join(', ')}.`
}

| Exit status | Meaning |
| --- | --- |
${codes.join('\n')}

\`\`\`sh
${examples.map((line) => `vcc-exporter ${line}`).join('\n')}
\`\`\`
${notes === undefined ? '' : `\n\`\`\`text\n${notes}\n\`\`\`\n`}`;
}
