import type { AgentStatus } from '../../../src/simulator/agent.ts';
import { ContactCentre } from '../../../src/simulator/contact-centre.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/server.ts';

/** A time at which the simulator's clock stops, so that two scrapes see the same floor. */
export const frozenMs = Date.parse('2026-03-10T09:41:17.250Z');
/** Words that the exporter must never write anywhere. */
export const secrets = { id: 'e2e-client-id', secret: 'e2e-client-secret', wrong: 'e2e-wrong-secret' };
/** A name that every format has to escape. */
export const awkwardName = 'Süd "1" \\ north';

/** A floor with every presence and some of the text that admins really type. */
export const richItems: readonly AgentStatus[] = toRichItems();

function toRichItems(): AgentStatus[] {
  const items = new ContactCentre({ seed: 7, agents: 130, startMs: frozenMs }).items();
  const texts = ['Tea "5 o’clock"', 'back\\slash', 'two\nlines', ' ', '', '休憩 ☕', '{x="y"} 1 # EOF'];
  for (const [index, description] of texts.entries()) items[index * 9]!.presence.description = description;
  return items;
}

/** A simulator whose clock does not move. */
export function startFrozen(options: SimulatorOptions = {}): Promise<Simulator> {
  const { id: clientId, secret: clientSecret } = secrets;
  return startSimulator({ clientId, clientSecret, now: () => frozenMs, ...options });
}
