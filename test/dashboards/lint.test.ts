import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  type DashboardJson,
  fillIn,
  type PanelJson,
  panelsOf,
  readDashboards,
} from '../support/dashboards.ts';
import { takeApart } from '../support/promql.ts';

/** What a rule finds wrong, and a change of a dashboard that breaks the rule. */
interface Rule {
  problems: (dashboard: DashboardJson, uid: string) => string[];
  broken: (dashboard: DashboardJson) => void;
}

const queried = (dashboard: DashboardJson) => panelsOf(dashboard).filter(({ type }) => type !== 'text');
const first = (dashboard: DashboardJson) => queried(dashboard)[0]!;
const targetsOf = (dashboard: DashboardJson) =>
  queried(dashboard).flatMap(({ title, targets = [] }) =>
    targets.map((target) => ({ place: `${title} ${target.refId}`, ...target })),
  );
const variable = ({ templating }: DashboardJson, name: string) =>
  templating.list.find((each) => each.name === name)!;
const queryOf = ({ query }: DashboardJson['templating']['list'][number]) =>
  (query as { query: string }).query;
const isEveryUnit = /^(short|s|dthms|percentunit|string|suffix:.+)$/;

/** Titles of panels to which the rule does not apply. */
const panelsWithout = (dashboard: DashboardJson, holds: (panel: PanelJson) => unknown) =>
  queried(dashboard)
    .filter((panel) => !holds(panel))
    .map(({ title }) => title);

/** Places of targets to which the rule does not apply. */
const targetsWithout = (
  dashboard: DashboardJson,
  holds: (target: ReturnType<typeof targetsOf>[number]) => unknown,
) =>
  targetsOf(dashboard)
    .filter((target) => !holds(target))
    .map(({ place }) => place);

const parses = (expr: string) => {
  try {
    takeApart(fillIn(expr));
    return true;
  } catch {
    return false;
  }
};

/** Whether every selector has the matcher. */
const everySelectorHas = (expr: string, label: string, value: string) =>
  takeApart(expr).selectors.every(({ matchers }) =>
    matchers.some((matcher) => matcher.label === label && matcher.op === '=~' && matcher.value === value),
  );

function choiceOf(name: string, label: string): Rule {
  return {
    problems: (dashboard) => {
      const { multi, includeAll, allValue, datasource, ...found } = variable(dashboard, name) ?? {};
      const wanted = {
        multi: true,
        includeAll: true,
        // Also finds series without the label: OpenTelemetry collectors may send no job.
        allValue: '.*',
        label,
        type: 'query',
        uid: '$datasource',
      };
      const given = {
        multi,
        includeAll,
        allValue,
        label: found.label,
        type: found.type,
        uid: datasource?.uid,
      };
      return JSON.stringify(given) === JSON.stringify(wanted) ? [] : [JSON.stringify(given)];
    },
    broken: (dashboard) => {
      variable(dashboard, name).multi = false;
    },
  };
}

/**
 * The rules of https://github.com/grafana/dashboard-linter as of its commit b947417, by their
 * names. Two of the 17 are left out: template-instance-rule and target-instance-rule. The exporter
 * is a function behind one address, or pushes. So a reader selects the account, not the instance.
 */
const linterRules: Record<string, Rule> = {
  'template-datasource-rule': {
    problems: ({ templating }) => {
      const found = templating.list.filter(({ type }) => type === 'datasource');
      const fits = found.length === 1 && found[0]!.name === 'datasource' && found[0]!.query === 'prometheus';
      return fits && found[0]!.label === 'Data source'
        ? []
        : found.map(({ name }) => name).concat('none fits');
    },
    broken: (dashboard) => {
      variable(dashboard, 'datasource').label = 'Source';
    },
  },
  'template-job-rule': choiceOf('job', 'Job'),
  'template-label-promql-rule': {
    problems: ({ templating }) =>
      templating.list
        .filter(({ type }) => type === 'query')
        .filter((each) => {
          const [, selector] = /^label_values\((.+), \w+\)$/.exec(queryOf(each)) ?? [];
          return !selector || !parses(selector);
        })
        .map(({ name }) => name),
    broken: (dashboard) => {
      variable(dashboard, 'job').query = { query: 'label_values(vcc_up{, job)' };
    },
  },
  'template-on-time-change-reload-rule': {
    problems: ({ templating }) =>
      templating.list
        .filter(({ type, refresh }) => type === 'query' && refresh !== 2)
        .map(({ name }) => name),
    broken: (dashboard) => {
      variable(dashboard, 'account').refresh = 1;
    },
  },
  'panel-datasource-rule': {
    problems: (dashboard) => [
      ...panelsWithout(dashboard, ({ datasource }) => datasource?.uid === '$datasource'),
      ...targetsWithout(dashboard, ({ datasource }) => datasource.uid === '$datasource'),
    ],
    broken: (dashboard) => {
      first(dashboard).targets![0]!.datasource.uid = 'prometheus';
    },
  },
  'panel-title-description-rule': {
    problems: (dashboard) =>
      panelsOf(dashboard)
        // A panel that is invisible without data has no title, since Grafana would show it.
        .filter(({ title, description, transparent }) => !(title || transparent) || !description)
        .map(({ id }) => `panel ${id}`),
    broken: (dashboard) => {
      first(dashboard).description = '';
    },
  },
  'panel-units-rule': {
    problems: (dashboard) =>
      panelsWithout(dashboard, ({ fieldConfig }) => isEveryUnit.test(fieldConfig!.defaults.unit!)),
    broken: (dashboard) => {
      first(dashboard).fieldConfig!.defaults.unit = 'seconds';
    },
  },
  'panel-no-targets-rule': {
    problems: (dashboard) => panelsWithout(dashboard, ({ targets }) => targets?.length),
    broken: (dashboard) => {
      first(dashboard).targets = [];
    },
  },
  'target-logql-rule': {
    problems: (dashboard) => targetsWithout(dashboard, ({ datasource }) => datasource.type === 'prometheus'),
    broken: (dashboard) => {
      first(dashboard).targets![0]!.datasource.type = 'loki';
    },
  },
  'target-logql-auto-rule': {
    problems: (dashboard) => targetsWithout(dashboard, ({ expr }) => !expr.includes('$__auto')),
    broken: (dashboard) => {
      first(dashboard).targets![0]!.expr = 'rate(vcc_up[$__auto])';
    },
  },
  'target-promql-rule': {
    problems: (dashboard) => targetsWithout(dashboard, ({ expr }) => parses(expr)),
    broken: (dashboard) => {
      first(dashboard).targets![0]!.expr += ')';
    },
  },
  'target-rate-interval-rule': {
    problems: (dashboard) =>
      targetsWithout(dashboard, ({ expr }) =>
        (parses(expr) ? takeApart(expr.replaceAll('$__rate_interval', '7m')).ranges : []).every(
          ({ of, range }) => !/^(rate|irate|increase|delta|idelta)$/.test(of) || range === '[7m]',
        ),
      ),
    broken: (dashboard) => {
      first(dashboard).targets![0]!.expr =
        'rate(vcc_up{job=~"$job", account=~"$account"}[5m]) + rate(vcc_up[$__rate_interval])';
    },
  },
  'target-job-rule': {
    problems: (dashboard) =>
      targetsWithout(dashboard, ({ expr }) => everySelectorHas(plain(expr), 'job', '$job')),
    broken: (dashboard) => {
      first(dashboard).targets![0]!.expr += ' + sum(vcc_up{account=~"$account"})';
    },
  },
  'target-counter-agg-rule': {
    problems: (dashboard) =>
      targetsWithout(dashboard, ({ expr }) =>
        takeApart(plain(expr)).selectors.every(({ metric }) => !metric.endsWith('_total')),
      ),
    broken: (dashboard) => {
      first(dashboard).targets![0]!.expr = 'http_requests_total{job=~"$job"}';
    },
  },
  'uneditable-dashboard': {
    problems: ({ editable }) => (editable ? ['editable'] : []),
    broken: (dashboard) => {
      dashboard.editable = true;
    },
  },
};

/** With ranges that parse. The variables in matchers are texts and need no change. */
const plain = (expr: string) => expr.replaceAll('$__rate_interval', '7m');

const variablesIn = (text: string) =>
  [...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!).filter((name) => !name.startsWith('__'));

/** Grafana's hues and their shades, and its names for other colours. */
const isColour =
  /^((super-light-|light-|semi-dark-|dark-)?(red|orange|yellow|green|blue|purple)|transparent|text|#[0-9A-Fa-f]{6})$/;

/** Every colour below a value of a dashboard's file, whatever it colours. */
function coloursIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    /^(color|fixedColor)$/.test(key) && typeof each === 'string' ? [each] : coloursIn(each),
  );
}

type Steps = { value: number | null; color: string }[];

/** The thresholds of a panel, and those of its columns or series. */
function stepsIn(fieldConfig: PanelJson['fieldConfig']): Steps[] {
  const ofOverrides = fieldConfig!.overrides
    .flatMap(({ properties }) => properties)
    .filter(({ id }) => id === 'thresholds')
    .map(({ value }) => (value as { steps: Steps }).steps);
  return [fieldConfig!.defaults.thresholds?.steps ?? [], ...ofOverrides];
}

const overlap = (a: PanelJson['gridPos'], b: PanelJson['gridPos']) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Rules that we add. */
const ourRules: Record<string, Rule> = {
  'has a variable for accounts': choiceOf('account', 'Account'),
  'every selector is limited to the chosen accounts': {
    problems: (dashboard) =>
      targetsWithout(dashboard, ({ expr }) => {
        const { selectors } = takeApart(plain(expr));
        // An expression compared with the number of configured accounts covers all of them.
        if (selectors.some(({ metric }) => metric === 'vcc_exporter_accounts')) return true;
        const ofAccounts = selectors.filter(({ metric }) => metric !== 'vcc_exporter_build_info');
        return ofAccounts.every(({ matchers }) =>
          matchers.some(({ label, value }) => label === 'account' && value === '$account'),
        );
      }),
    broken: (dashboard) => {
      first(dashboard).targets![0]!.expr = 'sum(vcc_agents_idle{job=~"$job"})';
    },
  },
  'every panel says what it shows without data': {
    problems: (dashboard) => panelsWithout(dashboard, ({ fieldConfig }) => fieldConfig!.defaults.noValue),
    broken: (dashboard) => {
      first(dashboard).fieldConfig!.defaults.noValue = '';
    },
  },
  'a large number without data has no good colour': {
    problems: (dashboard) =>
      panelsWithout(
        dashboard,
        ({ type, fieldConfig }) =>
          type !== 'stat' ||
          fieldConfig!.defaults.mappings?.some(
            ({ options }) =>
              options.match === 'null+nan' && /#6E7078|"transparent"/.test(JSON.stringify(options)),
          ),
      ),
    broken: (dashboard) => {
      first(dashboard).fieldConfig!.defaults.mappings = [];
    },
  },
  'colours of large numbers come from thresholds, or there are none': {
    problems: (dashboard) =>
      panelsWithout(dashboard, ({ type, options, fieldConfig }) => {
        const colours = stepsIn(fieldConfig).flat();
        return type !== 'stat' || options!.colorMode !== 'background' || colours.length > 1;
      }),
    broken: (dashboard) => {
      const stat = queried(dashboard).find(({ options }) => options!.colorMode === 'background')!;
      stat.fieldConfig!.defaults.thresholds!.steps.length = 1;
    },
  },
  'colours are names that Grafana knows, or numbers': {
    problems: (dashboard) => coloursIn(dashboard.panels).filter((colour) => !isColour.test(colour)),
    broken: (dashboard) => {
      first(dashboard).fieldConfig!.defaults.thresholds!.steps[0]!.color = 'grey';
    },
  },
  'thresholds begin anywhere and rise': {
    problems: (dashboard) =>
      panelsWithout(dashboard, ({ fieldConfig }) =>
        stepsIn(fieldConfig).every((steps) =>
          steps.every(({ value }, index) => {
            const before = steps[index - 1]?.value ?? Number.NEGATIVE_INFINITY;
            return index === 0 ? value === null : typeof value === 'number' && value > before;
          }),
        ),
      ),
    broken: (dashboard) => {
      const { steps } = queried(dashboard).find(
        ({ fieldConfig }) => fieldConfig!.defaults.thresholds!.steps.length > 2,
      )!.fieldConfig!.defaults.thresholds!;
      steps.reverse();
    },
  },
  "colours are set, and not those of a panel's own palette": {
    problems: (dashboard) => panelsWithout(dashboard, ({ fieldConfig }) => fieldConfig!.defaults.color?.mode),
    broken: (dashboard) => {
      delete first(dashboard).fieldConfig!.defaults.color;
    },
  },
  'ids are there and unique': {
    problems: (dashboard) => {
      const ids = dashboard.panels.flatMap(({ id, panels = [] }) => [id, ...panels.map((each) => each.id)]);
      return ids.filter((id, index) => !(id > 0) || ids.indexOf(id) !== index).map(String);
    },
    broken: (dashboard) => {
      first(dashboard).id = dashboard.panels[1]!.id;
    },
  },
  'refIds are unique in their panel': {
    problems: (dashboard) =>
      panelsWithout(dashboard, ({ targets = [] }) => {
        const refIds = targets.map(({ refId }) => refId);
        return refIds.every((refId, index) => /^[A-Z]$/.test(refId) && refIds.indexOf(refId) === index);
      }),
    broken: (dashboard) => {
      const { targets } = first(dashboard);
      targets!.push(targets![0]!);
    },
  },
  'nothing overlaps, and nothing is outside of 24 columns': {
    problems: (dashboard) => {
      const places = dashboard.panels.flatMap(({ panels = [], ...panel }) => [panel, ...panels]);
      return places
        .filter(
          ({ gridPos }, index) =>
            gridPos.x < 0 ||
            gridPos.x + gridPos.w > 24 ||
            places.slice(0, index).some((other) => overlap(gridPos, other.gridPos)),
        )
        .map(({ title }) => title);
    },
    broken: (dashboard) => {
      first(dashboard).gridPos.w += 1;
    },
  },
  'every variable that is used is there, and every one that is there is used': {
    problems: (dashboard) => {
      const declared = dashboard.templating.list.map(({ name }) => name);
      const used = variablesIn(JSON.stringify(dashboard));
      return [
        ...used.filter((name) => !declared.includes(name)),
        ...declared.filter((name) => !used.includes(name)),
      ];
    },
    broken: (dashboard) => {
      first(dashboard).title += ' $wave';
    },
  },
  'has a uid of its own, tags, and links that keep what is chosen': {
    problems: ({ uid, tags, links }, name) => {
      const [link] = links;
      const keeps = link?.includeVars && link.keepTime && tags.includes(link.tags[0]!);
      return uid === name && keeps ? [] : [`${uid} ${JSON.stringify(links)}`];
    },
    broken: ({ links }) => {
      links[0]!.includeVars = false;
    },
  },
  'is of the schema that Grafana 10 reads, has no number of its own and no address': {
    problems: (dashboard) => [
      ...(dashboard.schemaVersion === 39 ? [] : ['schemaVersion']),
      ...('id' in dashboard ? ['id'] : []),
      ...(JSON.stringify(dashboard).match(/https?:[^"]*/g) ?? []),
    ],
    broken: (dashboard) => {
      first(dashboard).description += ' http://localhost:3000';
    },
  },
  'begins with everything chosen': {
    problems: ({ templating }) =>
      templating.list
        .filter(({ type, current }) => type === 'query' && !JSON.stringify(current ?? '').includes('$__all'))
        .map(({ name }) => name),
    broken: (dashboard) => {
      delete variable(dashboard, 'job').current;
    },
  },
};

const rules = Object.entries({ ...linterRules, ...ourRules });

describe.each(readDashboards())('%s', (uid, dashboard) => {
  test.each(rules)('%s', (_, { problems }) => {
    expect(problems(dashboard, uid)).toEqual([]);
  });
});

test.each(rules)('%s: is refused where it does not hold', (_, { problems, broken }) => {
  const [[uid, dashboard]] = structuredClone(readDashboards()) as [[string, DashboardJson]];
  broken(dashboard);
  expect(problems(dashboard, uid).length).toBeGreaterThan(0);
});

test('there are no files besides', () => {
  const folder = new URL('../../dashboards/grafana/', import.meta.url);
  expect(readdirSync(folder).sort()).toEqual(
    readDashboards()
      .map(([uid]) => `${uid}.json`)
      .sort(),
  );
});

test('all five link to each other', () => {
  const tags = readDashboards().map(([, { tags: own, links }]) => [own[0], links[0]!.tags]);
  expect(tags).toEqual(Array.from({ length: 5 }, () => ['vcc-exporter', ['vcc-exporter']]));
});
