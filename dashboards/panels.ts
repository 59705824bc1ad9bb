import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stats from '@grafana/grafana-foundation-sdk/stat';
import * as statetimelines from '@grafana/grafana-foundation-sdk/statetimeline';
import * as tables from '@grafana/grafana-foundation-sdk/table';
import * as texts from '@grafana/grafana-foundation-sdk/text';
import * as timelines from '@grafana/grafana-foundation-sdk/timeseries';
import { nobodyKnows } from './colours.ts';

/** The data source that the user chooses. */
export const datasource = { type: 'prometheus', uid: '$datasource' };

const plain = 'short';
const noData = 'no data';

/** A query, and the name of its series. */
export interface Query {
  expr: string;
  legend?: string;
}

/** The unit of lines whose queries are in seconds. With `s` Grafana has ticks at 16.7 minutes. */
export const minutes = 'suffix:min';

/** A number from which on a colour holds; the first one has none. */
export type Step = readonly [from: number | null, colour: string];

/** What a value is shown as. */
export interface Meaning {
  text: string;
  colour?: string;
}

/** What every panel has. */
export interface Common {
  title: string;
  /** What it shows, what is good, and what to do about it. */
  description: string;
  /** In columns of 24 and rows of about 38 pixels. */
  width: number;
  height: number;
  /** A plain number unless it is said. */
  unit?: string;
  decimals?: number;
  /** Shown when there is no data; "no data" unless it is said. */
  noValue?: string;
  steps?: readonly Step[];
  /** By value. */
  meanings?: Readonly<Record<number, Meaning>>;
  /** By name of series. */
  colours?: Readonly<Record<string, string>>;
  min?: number;
  max?: number;
}

/** A panel that has no place and no number yet. */
export interface Panel {
  width: number;
  height: number;
  build(): dashboard.Panel;
}

/** What all builders of panels understand. */
interface Builds extends Builder<dashboard.Panel> {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: common.DataSourceRef): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  noValue(text: string): this;
  min(min: number): this;
  max(max: number): this;
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): this;
  mappings(mappings: dashboard.ValueMapping[]): this;
  colorScheme(colour: Builder<dashboard.FieldColor>): this;
  overrideByName(name: string, properties: dashboard.DynamicConfigValue[]): this;
  overrideByQuery(refId: string, properties: dashboard.DynamicConfigValue[]): this;
  targets(targets: Builder<Dataquery>[]): this;
}

interface Stat extends Common {
  queries: readonly Query[];
  /**
   * An expression that has series while an alert about the number may fire: it is orange then, and
   * green otherwise.
   */
  alarm?: string;
  background?: boolean;
  /** In pixels; as large as the panel unless it is said. */
  textSize?: number;
}

/** Numbers as large as their panel; `queries` are asked for now, so that nothing old is shown. */
export function stat(declared: Stat): Panel {
  const options = declared.alarm === undefined ? declared : withAlarm(declared, declared.alarm);
  const builder = new stats.PanelBuilder()
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(options.background ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .textMode(
      options.queries.some(({ legend }) => legend)
        ? common.BigValueTextMode.Auto
        : common.BigValueTextMode.Value,
    )
    .reduceOptions(lastValue());
  const colour = options.steps ? dashboard.FieldColorModeId.Thresholds : dashboard.FieldColorModeId.Fixed;
  const { textSize, alarm } = options;
  if (alarm !== undefined) {
    const always = toThresholds([[null, 'orange']]).build();
    builder.overrideByQuery(refId(0), [{ id: 'thresholds', value: always }]);
  }
  if (textSize !== undefined) builder.text(new common.VizTextDisplayOptionsBuilder().valueSize(textSize));
  const { width, height, build } = finish(builder, options, instant(options.queries), colour);
  return { width, height, build: () => withUnknownGrey(build(), options.noValue ?? noData) };
}

/**
 * A threshold compares with one number, and an alert needs a share too: so there are two queries,
 * of which one has data, the first during an alarm.
 */
function withAlarm(options: Stat, alarm: string): Stat {
  const [query] = options.queries as [Query];
  const either = (operator: string) => ({ ...query, expr: `${query.expr} ${operator} on () (${alarm})` });
  return { ...options, steps: [[null, 'green']], queries: [either('and'), either('unless')] };
}

/** No data must not have the colour of the first threshold, which is green where little is good. */
function withUnknownGrey(panel: dashboard.Panel, noValue: string): dashboard.Panel {
  const { defaults, overrides } = panel.fieldConfig!;
  const unknown: dashboard.SpecialValueMap = {
    type: dashboard.MappingType.SpecialValue,
    options: {
      match: dashboard.SpecialValueMatch.NullAndNan,
      result: { text: noValue, color: nobodyKnows, index: 100 },
    },
  };
  const mappings = [...(defaults.mappings ?? []), unknown];
  return { ...panel, fieldConfig: { overrides, defaults: { ...defaults, mappings } } };
}

/** Bars, one for each series now, coloured by thresholds or all the same. */
export function bars(declared: Common & { queries: readonly Query[]; many?: boolean }): Panel {
  const options = { decimals: 0, min: 0, ...declared };
  const builder = new bargauge.PanelBuilder()
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .orientation(common.VizOrientation.Horizontal)
    .namePlacement(common.BarGaugeNamePlacement.Left)
    .valueMode(common.BarGaugeValueMode.Text)
    .showUnfilled(true)
    // Otherwise text grows with its bar, until names are cut off.
    .text(
      new common.VizTextDisplayOptionsBuilder()
        .titleSize(options.many ? 11 : 14)
        .valueSize(options.many ? 11 : 18),
    )
    .sizing(common.BarGaugeSizing.Manual)
    .minVizHeight(10)
    .maxVizHeight(40)
    .reduceOptions(lastValue());
  const colour = options.steps ? dashboard.FieldColorModeId.Thresholds : dashboard.FieldColorModeId.Fixed;
  return finish(builder, options, instant(options.queries), colour);
}

interface Lines extends Common {
  queries: readonly Query[];
  stacked?: boolean;
  legend?: 'table';
  /** Whether it may be below 0. */
  signed?: true;
}

/** Lines over time, or areas on top of each other. */
export function lines(declared: Lines): Panel {
  const { signed, ...rest } = declared.unit === minutes ? toMinutes(declared) : declared;
  const options: Lines = {
    ...(!signed && { min: 0 }),
    ...(rest.unit === undefined && { decimals: 0 }),
    ...rest,
  };
  const { stacked, steps, legend } = options;
  const names = new common.VizLegendOptionsBuilder().showLegend(true);
  // A phone shows three rows: what there was most of, not what begins with A.
  if (legend === 'table')
    names
      .displayMode(common.LegendDisplayMode.Table)
      .placement(common.LegendPlacement.Right)
      .calcs(['lastNotNull', 'max'])
      .sortBy('Max')
      .sortDesc(true);
  else names.displayMode(common.LegendDisplayMode.List).placement(common.LegendPlacement.Bottom).calcs([]);
  const builder = new timelines.PanelBuilder()
    .drawStyle(common.GraphDrawStyle.Line)
    .lineInterpolation(common.LineInterpolation.StepAfter)
    .lineWidth(stacked ? 0 : 2)
    .fillOpacity(stacked ? 80 : 0)
    .showPoints(common.VisibilityMode.Never)
    // A scrape that failed is a gap.
    .spanNulls(false)
    .axisBorderShow(false)
    // All zeros would have an axis up to 100, or to 10,000 %.
    .axisSoftMax(options.unit === 'percentunit' ? 0.1 : 1)
    .stacking(
      new common.StackingConfigBuilder().mode(
        stacked ? common.StackingMode.Normal : common.StackingMode.None,
      ),
    )
    .thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(
        steps ? common.GraphThresholdsStyleMode.Dashed : common.GraphThresholdsStyleMode.Off,
      ),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    )
    .legend(names);
  const targets = options.queries.map((query) => toTarget(query).range());
  return finish(builder, options, targets, dashboard.FieldColorModeId.PaletteClassic);
}

function toMinutes({ queries, steps, ...rest }: Lines): Lines {
  return {
    ...rest,
    queries: queries.map(({ expr, ...query }) => ({ ...query, expr: `(${expr}) / 60` })),
    ...(steps && { steps: steps.map(([from, colour]): Step => [from && from / 60, colour]) }),
  };
}

/** What each series was over time, as coloured stretches. */
export function states(options: Common & { queries: readonly Query[] }): Panel {
  const builder = new statetimelines.PanelBuilder()
    .mergeValues(true)
    .showValue(common.VisibilityMode.Never)
    .alignValue(common.TimelineValueAlignment.Left)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .perPage(25)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    );
  const targets = options.queries.map((query) => toTarget(query).range());
  // Coloured by thresholds, Grafana would merge stretches by these and forget what values mean.
  return finish(builder, options, targets, dashboard.FieldColorModeId.Fixed);
}

/** A column of a table: where its cells come from, and how they look. */
export interface Column {
  title: string;
  /** A label of the series, or what its value is. */
  from: { label: string } | { expr: string };
  unit?: string;
  decimals?: number;
  /** Cells are coloured by these. */
  steps?: readonly Step[];
  /** Cells with these values say this, or with these texts are coloured so. */
  meanings?: Readonly<Record<string, Meaning>>;
  width?: number;
}

/** A row for each combination of the labels; the first query says which rows there are. */
export function table(options: Common & { columns: readonly Column[]; sortBy: string }): Panel {
  const { columns, sortBy } = options;
  const labels = columns.flatMap(({ title, from }) =>
    'label' in from ? [{ title, label: from.label }] : [],
  );
  const values = columns.flatMap((column) =>
    'expr' in column.from ? [{ ...column, expr: column.from.expr }] : [],
  );
  // So Grafana names the values of several queries, and those of a single one.
  const nameOfValue = (index: number) => (values.length > 1 ? `Value #${refId(index)}` : 'Value');
  const names = new Map(values.map(({ title }, index) => [title, nameOfValue(index)]));
  const place = new Map(columns.map(({ title }, index) => [title, index]));
  const nameOf = ({ title, from }: Column) => ('label' in from ? from.label : names.get(title)!);
  const builder = new tables.PanelBuilder()
    .cellHeight(common.TableCellHeight.Sm)
    // Of columns without a width; Grafana's 150 pushes the last ones out of a laptop's screen.
    .minWidth(100)
    .showHeader(true)
    .sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy).desc(true)])
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(columns.map((column) => [nameOf(column), place.get(column.title)])),
        renameByName: Object.fromEntries(columns.map((column) => [nameOf(column), column.title])),
      },
    });
  for (const { title, from, unit, decimals, steps, meanings, width } of columns) {
    const background = { type: 'color-background', mode: 'basic' };
    const properties = [
      // A label may be all digits, which Grafana would take for a number to be shortened.
      { id: 'unit', value: 'label' in from ? 'string' : (unit ?? options.unit ?? plain) },
      { id: 'noValue', value: '–' },
      ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
      ...(width ? [{ id: 'custom.width', value: width }] : []),
      ...(steps || Object.values(meanings ?? {}).some(({ colour }) => colour)
        ? [{ id: 'custom.cellOptions', value: background }]
        : []),
      ...(steps ? [{ id: 'thresholds', value: toThresholds(steps).build() }] : []),
      ...(steps ? [{ id: 'color', value: { mode: 'thresholds' } }] : []),
      ...(meanings ? [{ id: 'mappings', value: [toMapping(meanings)] }] : []),
    ];
    builder.overrideByName(title, properties);
  }
  const by = labels.map(({ label }) => label).join(', ');
  const targets = values.map(({ expr }) =>
    toTarget({ expr: expr.replace('$by', by) })
      .instant()
      .format(prometheus.PromQueryFormat.Table),
  );
  return finish(builder, options, targets, dashboard.FieldColorModeId.Fixed);
}

/** Words, in Markdown. */
export function words(
  options: Pick<Common, 'title' | 'description' | 'width' | 'height'> & { content: string },
): Panel {
  const { title, description, width, height, content } = options;
  const builder = new texts.PanelBuilder()
    .title(title)
    .description(description)
    .mode(texts.TextMode.Markdown)
    .content(content);
  return { width, height, build: () => builder.build() };
}

function finish(
  builder: Builds,
  options: Common,
  targets: prometheus.DataqueryBuilder[],
  colour: dashboard.FieldColorModeId,
): Panel {
  const { title, description, width, height, steps, meanings, colours } = options;
  const { unit = plain, decimals, noValue = noData, min, max } = options;
  builder
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit(unit)
    .noValue(noValue)
    .targets(targets.map((target, index) => target.refId(refId(index))))
    .thresholds(toThresholds(steps ?? [[null, 'blue']]))
    .colorScheme(
      colour === dashboard.FieldColorModeId.Fixed
        ? new dashboard.FieldColorBuilder().mode(colour).fixedColor('blue')
        : new dashboard.FieldColorBuilder().mode(colour),
    );
  if (decimals !== undefined) builder.decimals(decimals);
  if (min !== undefined) builder.min(min);
  if (max !== undefined) builder.max(max);
  if (meanings) builder.mappings([toMapping(meanings)]);
  for (const [name, fixedColor] of Object.entries(colours ?? {})) {
    builder.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]);
  }
  return { width, height, build: () => builder.build() };
}

const toTarget = ({ expr, legend }: Query) =>
  new prometheus.DataqueryBuilder()
    .datasource(datasource)
    .editorMode(prometheus.QueryEditorMode.Code)
    .expr(expr)
    .legendFormat(legend ?? '');

const instant = (queries: readonly Query[]) => queries.map((query) => toTarget(query).instant());

const lastValue = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false);

/** A, B, C … */
const refId = (index: number) => String.fromCharCode(65 + index);

function toThresholds(steps: readonly Step[]): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps.map(([value, color]) => ({ value, color })));
}

function toMapping(meanings: Readonly<Record<string, Meaning>>): dashboard.ValueMapping {
  return {
    type: dashboard.MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(meanings).map(([value, { text, colour }], index) => [
        value,
        { text, index, ...(colour !== undefined && { color: colour }) },
      ]),
    ),
  } as dashboard.ValueMapping;
}
