import { Observer } from '../../src/calibrate/observer.ts';
import type { World } from '../../src/simulator/agent.ts';
import { ContactCentre, type Live } from '../../src/simulator/contact-centre.ts';
import { agentListing, assemble } from '../../src/snapshot/assemble.ts';
import type { Snapshot } from '../../src/snapshot/page.ts';
import { parseAgentStatus } from '../../src/vcc/agent-status.ts';

/** The media of the simulator, with the names of the questions. */
export const simulatedMedia = ['phone', 'call', 'chat', 'case', 'email'] as const;

/** Every combination of answers. Workload of all media falls in the same way. */
export const allWorlds: readonly World[] = (['restarts', 'continues'] as const).flatMap((inConnected) =>
  (['restarts', 'continues'] as const).flatMap((inWrap) =>
    (['when_wrap_begins', 'when_wrap_ends'] as const).flatMap((falls) =>
      (['follows_workload', 'follows_presence'] as const).map((eligible) => ({
        since_in_connected: inConnected,
        since_in_wrap: inWrap,
        ...Object.fromEntries(simulatedMedia.map((medium) => [`workload_falls_${medium}`, falls])),
        eligible_for_routing: eligible,
      })),
    ),
  ),
);

/** When the contact centres of {@link readingsOf} are first read. */
export const worldStartMs = Date.parse('2026-01-15T10:00:00Z');

/** The readings of a contact centre, one each 5 s, in the API's own form. No time passes. */
export function* readingsOf(
  world: World,
  { agents, minutes, seed = 1, live }: { agents: number; minutes: number; seed?: number; live?: Live },
): Generator<Snapshot> {
  const centre = new ContactCentre({ seed, agents, startMs: worldStartMs, world, ...(live && { live }) });
  for (let ms = 0; ms <= minutes * 60_000; ms += 5000) {
    centre.advanceTo(worldStartMs + ms);
    const items = centre.items();
    const meta = { page: 1, count: items.length, pageCount: 1, totalCount: items.length };
    const upTo = new Date(worldStartMs + ms).toISOString();
    const snapshot = assemble(
      new Map([[1, parseAgentStatus(JSON.stringify({ meta, items, upTo }), 1)]]),
      agentListing,
    );
    if ('reason' in snapshot) throw new Error(snapshot.reason);
    yield snapshot;
  }
}

/** An observer's findings for these readings. */
export function observe(readings: Iterable<Snapshot>) {
  const observer = new Observer();
  for (const snapshot of readings) observer.addSnapshot(snapshot);
  return observer.findings();
}
