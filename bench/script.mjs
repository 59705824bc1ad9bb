// A simple script, as written in an afternoon: prom-client's default metrics, fetch, page after
// page, a gauge per agent. It prints its port.
import http from 'node:http';
import { collectDefaultMetrics, Gauge, register } from 'prom-client';

const api = process.env.VCC_API_URL;
collectDefaultMetrics();
const gauge = (name, labelNames = []) => new Gauge({ name, help: name, labelNames });
const agents = gauge('agents', ['presence']);
const described = gauge('agents_by_description', ['presence', 'description']);
const idle = gauge('agents_idle');
const work = gauge('workload', ['workload']);
const legs = gauge('interactions', ['medium', 'medium_manager', 'direction', 'state']);
const reasons = gauge('interactions_by_reason', ['state', 'reason']);
const ages = gauge('presence_age_bucket', ['presence', 'le']);
const oldest = gauge('presence_oldest', ['presence']);
const gauges = [agents, described, idle, work, legs, reasons, ages, oldest];

let token;
async function read() {
  token ??= (await (await fetch(`${api}/token`, { method: 'POST' })).json()).access_token;
  const items = [];
  for (let page = 1, pageCount = 1; page <= pageCount; page++) {
    const url = `${api}/stats/agent-status?page=${page}&limit=1000`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const { meta, items: more } = await answer.json();
    pageCount = meta.pageCount;
    items.push(...more);
  }
  return items;
}

function count(items) {
  for (const each of gauges) each.reset();
  const nowMs = Date.parse('2026-01-15T10:00:00Z');
  const oldestMs = new Map();
  for (const { presence, workload, interaction } of items) {
    agents.inc({ presence: presence.name });
    described.inc({ presence: presence.name, description: presence.description });
    const sinceMs = Date.parse(presence.since);
    oldestMs.set(presence.name, Math.min(sinceMs, oldestMs.get(presence.name) ?? sinceMs));
    for (const le of [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800]) {
      if (nowMs - sinceMs <= le * 1000) ages.inc({ presence: presence.name, le });
    }
    const { calls, semiLive, nonLive } = workload;
    work.inc({ workload: 'live' }, calls);
    work.inc({ workload: 'semi_live' }, semiLive);
    work.inc({ workload: 'non_live' }, nonLive);
    if (presence.name === 'Ready' && calls + semiLive + nonLive + interaction.length === 0) idle.inc();
    for (const { medium, mediumManager, direction, state, reason } of interaction) {
      legs.inc({ medium, medium_manager: mediumManager, direction, state });
      reasons.inc({ state, reason: reason ?? '' });
    }
  }
  for (const [presence, sinceMs] of oldestMs) oldest.set({ presence }, sinceMs / 1000);
}

const server = http.createServer(async (_, response) => {
  count(await read());
  response.writeHead(200, { 'content-type': register.contentType });
  response.end(await register.metrics());
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${server.address().port}/metrics\n`),
);
