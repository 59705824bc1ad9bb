import { scrapeErrors } from '../errors.ts';
import { queuesOverview } from '../snapshot/queue-overview.ts';
import type { Reading } from '../snapshot/reading.ts';
import { columns, escapeHtml, sentences, table } from './html.ts';

/** Most queues of an account with a row each. */
const maxRows = 20;

/**
 * Returns the part of the page at / about queues: who waits in each account, and the sources that
 * failed. Accounts without VCC_QUEUES are left out.
 */
export function queuesOnPage(scrapes: readonly { reading: Reading }[]): string {
  const rows = scrapes.flatMap(({ reading: { account, queues } }) =>
    queues ? accountRows(account, queues) : [],
  );
  return `\n<h2>Queues</h2>\n${table('plain', columns('Queue', 'Waiting', 'Longest'), rows)}`;
}

function accountRows(account: string, reading: NonNullable<Reading['queues']>): string[] {
  const { all, queues, failed } = queuesOverview(reading);
  const row = (kind: string, name: string, ...cells: (string | number)[]) =>
    `<tr${kind}><th scope="row"${kind === '' ? ' class="in"' : ''}>${escapeHtml(name)}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  const more = queues.length - maxRows;
  return [
    row(' class="account"', account, ...(all ? [all.waiting, all.longest] : ['unknown', ''])),
    ...queues.slice(0, maxRows).map(({ name, waiting, longest }) => row('', name, waiting, longest)),
    ...(more > 0 ? [row('', `${more} more with shorter waits`, '', '')] : []),
    ...failed.map(
      ({ source, error }) =>
        `<tr class="why"><td colspan="3">Source ${source}: <span class="down">down: ${error}</span>. Agents are not affected. ${sentences(scrapeErrors[error].advice)}</td></tr>`,
    ),
  ];
}
