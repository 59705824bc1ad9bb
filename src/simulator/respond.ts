import { type ServerResponse, STATUS_CODES } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { AgentStatus } from './agent.ts';
import { type Answer, problem } from './answer.ts';
import type { Fault } from './faults.ts';
import type { SimulatedGroup, SimulatedUser } from './users.ts';

/** Sends an answer, changed by a fault. */
export function respond(
  response: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
  gzip: boolean,
): void {
  if (fault?.kind === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Gateway</body></html>');
    return;
  }
  if (answer.status === 200 && fault?.kind === 'shape') spoil(answer);
  if (answer.status === 200 && fault?.kind === 'flawed') damage(answer);
  if (answer.status === 200 && fault?.kind === 'unknown') invent(answer);
  const json = answer.text ?? JSON.stringify(answer.body);
  const text = fault?.kind === 'json' ? json.slice(0, json.length / 2) : json;
  const compress = gzip && text.length > 1400;
  const body = compress ? gzipSync(text, { level: 1 }) : Buffer.from(text);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    ...(compress && { 'content-encoding': 'gzip' }),
    ...answer.headers,
  });
  if (fault?.kind === 'cut' || answer.cut)
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  else response.end(body);
}

/** Returns the answer for the fault `status`. */
export function failure({ value = 500, retryAfter }: Fault): Answer {
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return { ...problem(value, STATUS_CODES[value] ?? 'Error', `Simulated ${value}`), headers };
}

/**
 * Returns the first entry of each list in an answer. Copies the answer: its parts are served again.
 */
function firstOf(answer: Answer) {
  answer.body = structuredClone(answer.body);
  const lists = answer.body as { items?: AgentStatus[]; users?: SimulatedUser[]; groups?: SimulatedGroup[] };
  return { item: lists.items?.[0], user: lists.users?.[0], group: lists.groups?.[0] };
}

function spoil(answer: Answer): void {
  const { item, user, group } = firstOf(answer);
  if (item) Object.assign(item, { presence: null });
  if (user) Object.assign(user, { name: null });
  if (group) Object.assign(group, { groupName: null });
}

function damage(answer: Answer): void {
  const { item } = firstOf(answer);
  if (!item) return;
  Object.assign(item, { workload: undefined, interaction: [{ ...item.interaction[0], state: 7 }] });
  Object.assign(item.presence, { since: null });
}

function invent(answer: Answer): void {
  const { item, user } = firstOf(answer);
  // A group's users have no configuration.
  if (user?.userAccountConfiguration) user.userAccountConfiguration.role = 'Gardener';
  if (!item) return;
  Object.assign(item.presence, { name: 'Sabbatical' });
  const { since } = item.presence;
  const words = {
    medium: 'Fax',
    mediumManager: 'XX',
    direction: 'Sideways',
    state: 'Fault',
    reason: 'Eclipse',
  };
  item.interaction.push({ guid: 'ffffffff-0000-4000-8000-000000000000', channelGuid: null, since, ...words });
}
