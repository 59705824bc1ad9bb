import { ContactCentre } from '../src/simulator/contact-centre.ts';

/** Returns the page bodies of an account as they are received: one flat string each. */
export function pageBodies(agents: number, pageSize: number): string[] {
  const startMs = Date.parse('2026-01-15T10:00:00Z');
  const items = new ContactCentre({ seed: 1, agents, startMs }).items();
  const pageCount = Math.ceil(agents / pageSize);
  return Array.from({ length: pageCount }, (_, index) => {
    const part = items.slice(index * pageSize, (index + 1) * pageSize);
    const meta = { page: index + 1, count: part.length, pageCount, totalCount: agents };
    const body = JSON.stringify({ meta, items: part, upTo: new Date(startMs).toISOString() });
    return Buffer.from(body).toString('utf8');
  });
}
