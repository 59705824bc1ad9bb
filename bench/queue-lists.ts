/** Times of the items count from here, so that all of them are in the window of queue times. */
const startMs = Date.now() - 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();
const digits = (at: number) => String(at).padStart(12, '0');
const guidOf = (at: number) => `0857130b-ab16-4784-9625-${digits(at)}`;
const queueOf = (at: number) => `Queue ${at % 20}`;
const planOf = (at: number) => `Plan ${at % 20}`;

/**
 * Returns ongoing interactions with the fields of the API reference. One in ten waits in a queue,
 * the others have an agent.
 */
export function ongoingItems(count: number): object[] {
  return Array.from({ length: count }, (_, at) => {
    const waits = at % 10 === 0;
    const customer = `+442079${digits(at).slice(6)}`;
    const event = (type: string, offset: number, duration: number | null) => ({
      type,
      offset,
      name: type === 'Queue' ? queueOf(at) : null,
      duration,
      properties: type === 'Queue' ? { interactionPlan: planOf(at) } : null,
    });
    const channel = (role: string, events: object[]) => ({
      guid: guidOf(at),
      offset: 0,
      duration: null,
      endReason: null,
      integrationType: null,
      party: {
        id: role === 'Agent' ? `agent-${at}` : null,
        role,
        touchpoint: role === 'Agent' ? '4001' : customer,
      },
      events,
    });
    return {
      status: 'Ongoing',
      medium: 'Phone',
      mediumManager: 'VCC',
      guid: guidOf(at),
      conversationGuid: guidOf(at),
      start: iso(startMs + at),
      duration: null,
      direction: 'Inbound',
      serviceName: 'Report Gp 2',
      connectTo: '0123456789',
      connectFrom: customer,
      categorizedAt: null,
      interactionPlanMapping: {
        addressName: 'Main Support Number',
        mappingName: 'Mapping1',
        interactionPlanName: planOf(at),
        reportingGroup: 'Report Gp 2',
      },
      channels: [
        channel('External', [
          event('Ringing', 0, 2000),
          event('Queue', 2000, waits ? null : 9000),
          ...(waits ? [] : [event('Connected', 11_000, null)]),
        ]),
        ...(waits
          ? []
          : [channel('Agent', [event('Ringing', 9000, 2000), event('Connected', 11_000, null)])]),
      ],
    };
  });
}

/** Returns queue times with the fields of the API reference. */
export function queueTimeItems(count: number): object[] {
  return Array.from({ length: count }, (_, at) => ({
    start: iso(startMs + at * 100),
    interactionGuid: guidOf(at),
    medium: 'Phone',
    mediumManager: 'CC',
    interactionPlan: planOf(at),
    queue: queueOf(at),
    type: 'ACD',
    presentedSkills: ['Billing'],
    category: at % 12 === 0 ? 'Abandoned' : 'Answered',
    reason: at % 12 === 0 ? 'Hangup' : 'Delivered',
    duration: 1000 + ((at * 37) % 90_000),
    targets: { targetTimeToAnswer: 20_000 },
    party: { role: 'External' },
  }));
}

/** Returns the pages of a list, without their time: it is added when they are sent. */
export function queuePages(items: readonly object[], pageSize: number): string[] {
  const pageCount = Math.max(1, Math.ceil(items.length / pageSize));
  return Array.from({ length: pageCount }, (_, index) => {
    const part = items.slice(index * pageSize, (index + 1) * pageSize);
    const meta = { page: index + 1, count: part.length, pageCount, totalCount: items.length };
    return JSON.stringify({ meta, items: part });
  });
}

/** Adds the time of an answer to a page. */
export const withTime = (page: string): string => `${page.slice(0, -1)},"upTo":"${iso(Date.now())}"}`;
