import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { alerts } from '../../alerts/index.ts';
import { settings } from '../../src/config/settings.ts';
import { panelsOf, readDashboards } from '../support/dashboards.ts';
import { expressionsIn, labelsOf } from '../support/promql.ts';
import { problemsIn } from '../support/series-labels.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const read = (path: string) => readFileSync(join(docs, path), 'utf8');
const pages = readdirSync(join(docs, 'runbook')).map((file) => `runbook/${file}`);

/** Panels as pages name them. */
const panels = readDashboards().flatMap(([, dashboard]) =>
  panelsOf(dashboard).map(({ title }) => `${dashboard.title.replace('Contact center / ', '')} › ${title}`),
);

const headingsOf = (text: string) => [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** What is wrong with a page: names that there are not, links that lead nowhere, expressions that do not parse. */
function faultsOf(path: string, text: string): string[] {
  const named = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, name]) => name!.replace(/\s+/g, ' '));
  const links = named(/\]\(([^)\s]+)\)/g).filter((link) => !/^https?:/.test(link));
  const leadsNowhere = (link: string) => {
    const [file, anchor] = link.split('#') as [string, string?];
    const target = file === '' ? join(docs, path) : join(docs, dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !headingsOf(readFileSync(target, 'utf8')).map(anchorOf).includes(anchor);
  };
  return [
    ...links.filter(leadsNowhere).map((link) => `leads nowhere: ${link}`),
    ...named(/(?<!:)\b(vcc_[a-z_]+)\b/g)
      .filter((name) => !labelsOf(name))
      .map((name) => `no metric: ${name}`),
    ...named(/\b(VCC_[A-Z_]+)\b/g)
      .filter((name) => !(name in settings))
      .map((name) => `no setting: ${name}`),
    ...named(/\b(Vcc[A-Z]\w+)\b/g)
      .filter((name) => !alerts.some((alert) => alert.name === name))
      .map((name) => `no alert: ${name}`),
    ...named(/\*((?:Floor|Team|Interactions|Exporter) › [^*]+)\*/g)
      .filter((name) => !panels.includes(name))
      .map((name) => `no panel: ${name}`),
    ...expressionsIn(text).flatMap((expression) => {
      try {
        return problemsIn(expression).map((problem) => `${problem}: ${expression}`);
      } catch (error) {
        return [`${(error as Error).message}`];
      }
    }),
  ];
}

test('there is a page for every alert, and none without one', () => {
  expect(pages.sort()).toEqual(alerts.map(({ name }) => `runbook/${name}.md`).sort());
});

describe.each(alerts.map((alert) => [alert.name, alert] as const))(
  '%s',
  (name, { severity, audience, about }) => {
    const path = `runbook/${name}.md`;
    const text = read(path);

    test('says what it means, whom it hurts, where to look and what helps', () => {
      expect(headingsOf(text)).toEqual([name, 'Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
      for (const section of text.split(/^## /m).slice(1)) expect(section.length).toBeGreaterThan(60);
      expect(text).toContain('```promql\n');
      const whom = audience === 'sre' ? 'for those who run the exporter' : 'for supervisors';
      expect(text).toContain(`Shipped as ${severity}, ${whom}.`);
    });

    test('names what there is', () => {
      expect(faultsOf(path, text)).toEqual([]);
    });

    test('is in the index', () => {
      expect(read('runbook.md')).toContain(`| [${name}](${path}) | ${severity} | ${about} |`);
    });
  },
);

test.each(['runbook.md', 'alerts.md', 'alertmanager.md', 'dashboards.md'])(
  '%s names what there is',
  (path) => {
    const files = /vcc_[a-z]+(?:\.|-)/; // names of files
    expect(faultsOf(path, read(path)).filter((fault) => !files.test(fault))).toEqual([]);
  },
);

test.each([
  ['[x](nothing.md)', 'leads nowhere: nothing.md'],
  ['[x](../errors.md#nothing)', 'leads nowhere: ../errors.md#nothing'],
  ['`vcc_agent`', 'no metric: vcc_agent'],
  ['`VCC_AGENTS`', 'no setting: VCC_AGENTS'],
  ['VccIdle', 'no alert: VccIdle'],
  ['*Floor › Idle*', 'no panel: Floor › Idle'],
  ['```promql\nsum(vcc_agents{team="a"})\n```', 'no label team: vcc_agents: sum(vcc_agents{team="a"})'],
])('%s would be found', (text, fault) => {
  expect(faultsOf('runbook/VccIdleAgents.md', text)).toEqual([fault]);
});
