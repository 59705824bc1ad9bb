import fc from 'fast-check';
import { type Ongoing, unclearReasons } from '../../src/snapshot/ongoing.ts';
import type { QueueTime } from '../../src/snapshot/queue-time.ts';
import { takenAtMs } from './agents.ts';

const name = fc.constantFrom(
  '',
  'Billing',
  'Sales',
  'Support',
  'other',
  'number',
  '0123456789',
  'a"b\\c\nd',
  'jo@x.example',
);
const medium = fc.constantFrom('Phone', 'Phone', 'Email', 'Fax', '', 'other');
/** Around the bounds of the tests, to the millisecond. */
const ageMs = fc.oneof(
  fc.constantFrom(...[0, 1, 4_999, 5_000, 5_001, 59_999, 60_000, 60_001, 600_000, 600_001, -1, -5_000]),
  fc.integer({ min: -3_000, max: 900_000 }),
);
const orUnknown = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 6 });

const anyOngoing: fc.Arbitrary<Ongoing> = fc
  .record({
    id: fc.constant(''),
    direction: fc.constantFrom('Inbound', 'Inbound', 'Outbound', 'Internal', '', 'Sideways'),
    status: fc.constantFrom('Ongoing', 'Ongoing', '', 'Pondering'),
    medium,
    lastEvents: fc.array(fc.constantFrom('Ringing', 'Connected', 'Queue', 'Held', ''), { maxLength: 3 }),
    waiting: orUnknown(
      fc.record({ queue: name, plan: name, sinceMs: orUnknown(ageMs.map((ms) => takenAtMs - ms)) }),
    ),
    unclear: fc.option(fc.constantFrom(...unclearReasons), { nil: undefined, freq: 2 }),
  })
  .map((item) => (item.waiting ? { ...item, unclear: undefined } : item));

/** Some leave at the bounds of a window of 30 minutes, to the millisecond. */
const leftAgoMs = fc.oneof(
  fc.constantFrom(0, 1, -1, 1_799_999, 1_800_000, 1_800_001),
  fc.integer({ min: -60_000, max: 2_000_000 }),
);

const anyQueueTime: fc.Arbitrary<QueueTime> = fc
  .record({
    queue: name,
    plan: name,
    medium,
    type: fc.constantFrom('ACD', 'ACD', 'ACD', 'ACD', 'Virtual', ''),
    category: fc.constantFrom('Answered', 'Answered', 'Abandoned', 'Breakout', '', 'Teleported', 'other'),
    partyRole: fc.constantFrom('External', 'External', 'Agent', '', 'Ghost'),
    reason: fc.constantFrom('', 'Delivered'),
    skills: fc.array(name, { maxLength: 2 }),
    startIsKnown: fc.constantFrom(true, true, true, true, false),
    wait: fc.oneof({ weight: 5, arbitrary: ageMs.map(Math.abs) }, fc.constantFrom(null, undefined)),
    leftAgoMs,
    targetMs: orUnknown(fc.constantFrom(0, 5_000, 20_000)),
  })
  .map(({ startIsKnown, wait, leftAgoMs: agoMs, ...item }) => ({
    ...item,
    id: '',
    startMs: startIsKnown ? takenAtMs - agoMs - (wait ?? 0) : undefined,
    durationMs: wait,
  }));

const withIds = <T extends { id: string }>(items: readonly T[]) =>
  items.map((item, index) => ({ ...item, id: `id-${index}` }));

/** Any ongoing interactions, ids all different. */
export const anyOngoings = fc.array(anyOngoing, { maxLength: 20 }).map(withIds);

/** Any queue times, ids all different. */
export const anyQueueTimes = fc.array(anyQueueTime, { maxLength: 20 }).map(withIds);
