import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stats from '@grafana/grafana-foundation-sdk/stat';
import * as statetimelines from '@grafana/grafana-foundation-sdk/statetimeline';
import * as texts from '@grafana/grafana-foundation-sdk/text';
import * as timelines from '@grafana/grafana-foundation-sdk/timeseries';
import { nobodyKnows } from './colours.ts';

/** The data source that the user chooses. */
export const datasource = { type: 'prometheus', uid: '$datasource' };

/** The unit of plain numbers. */
export const plain = 'short';
const noData = 'no data';

/** A query, and the legend of its series. */
export interface Query {
  expr: string;
  legend?: string;
}

/** The unit for queries in seconds. With the unit `s`, Grafana draws ticks at 16.7 minutes. */
export const minutes = 'suffix:min';

/** A colour, and the value from which it applies. The first step has no value. */
export type Step = readonly [from: number | null, colour: string];

/** The text and colour that are shown for a value. */
export interface Meaning {
  text: string;
  colour?: string;
}

/** The fields that every panel has. */
export interface Common {
  title: string;
  /** What the panel shows, which values are good, and what to do otherwise. */
  description: string;
  /** In columns of 24 and rows of about 38 pixels. */
  width: number;
  height: number;
  /** Default: a plain number. */
  unit?: string;
  decimals?: number;
  /** The text without data. Default: "no data". */
  noValue?: string;
  steps?: readonly Step[];
  /** By value. */
  meanings?: Readonly<Record<number, Meaning>>;
  /** By name of series. */
  colours?: Readonly<Record<string, string>>;
  min?: number;
  max?: number;
}

/** A panel without a position and a number. */
export interface Panel {
  width: number;
  height: number;
  build(): dashboard.Panel;
}

/** The methods that all panel builders have. */
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

/** A query of a panel with several large numbers, and what differs from the panel. */
interface LargeNumber extends Query {
  unit?: string;
  decimals?: number;
  steps?: readonly Step[];
  meanings?: Readonly<Record<number, Meaning>>;
}

interface Stat extends Common {
  queries: readonly LargeNumber[];
  /**
   * An expression that has series while the condition of an alert is true. The panel is orange
   * then, and green otherwise.
   */
  alarm?: string;
  background?: boolean;
  /**
   * The panel is invisible without data. It needs an empty title: Grafana then shows the
   * description only to a pointer. The classic schema cannot hide a panel. A row or panel that
   * repeats for a variable without values is shown once (grafana/grafana#10764).
   */
  invisible?: true;
  /** In pixels. Default: as large as fits the panel. */
  textSize?: number;
}

/** Returns a panel with large numbers. Its queries are instant, so that it shows no old value. */
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
  for (const { legend, unit, decimals, steps, meanings } of options.queries) {
    const own = [
      ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
      ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
      ...(steps ? [{ id: 'thresholds', value: toThresholds(steps).build() }] : []),
      ...(meanings ? [{ id: 'mappings', value: [toMapping(meanings)] }] : []),
    ];
    if (own.length > 0) builder.overrideByName(legend!, own);
  }
  // Names above the values: beside them, both are too small for a wall.
  if (options.invisible)
    builder.transparent(true).wideLayout(false).justifyMode(common.BigValueJustifyMode.Center);
  // An empty text would become "No data".
  const [noValue, missing] = options.invisible
    ? [' ', 'transparent']
    : [options.noValue ?? noData, nobodyKnows];
  const panel = finish(builder, { ...options, noValue }, instant(options.queries), colour);
  return { ...panel, build: () => withMissing(panel.build(), noValue, missing) };
}

/**
 * Replaces the query by two: the first has data while the alarm is true, the second otherwise. A
 * threshold cannot do this, because the alarm also depends on a share.
 */
function withAlarm(options: Stat, alarm: string): Stat {
  const [query] = options.queries as [Query];
  const either = (operator: string) => ({ ...query, expr: `${query.expr} ${operator} on () (${alarm})` });
  return { ...options, steps: [[null, 'green']], queries: [either('and'), either('unless')] };
}

/** Sets the colour of missing data. Grafana would use the colour of the first step, often green. */
function withMissing(panel: dashboard.Panel, noValue: string, color: string): dashboard.Panel {
  const { defaults, overrides } = panel.fieldConfig!;
  const mappings = [...(defaults.mappings ?? []), toMissing(noValue, color)];
  return { ...panel, fieldConfig: { overrides, defaults: { ...defaults, mappings } } };
}

/** Returns the text and colour of missing data in Grafana's form. */
export function toMissing(text: string, color: string): dashboard.SpecialValueMap {
  return {
    type: dashboard.MappingType.SpecialValue,
    options: {
      match: dashboard.SpecialValueMatch.NullAndNan,
      result: { text, color, index: 100 },
    },
  };
}

/**
 * Returns a panel with a bar for each current series, in the colours of `steps` or in one colour.
 */
export function bars(declared: Common & { queries: readonly Query[]; many?: boolean }): Panel {
  const options = { decimals: 0, min: 0, ...declared };
  const builder = new bargauge.PanelBuilder()
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .orientation(common.VizOrientation.Horizontal)
    .namePlacement(common.BarGaugeNamePlacement.Left)
    .valueMode(common.BarGaugeValueMode.Text)
    .showUnfilled(true)
    // With automatic sizes, text grows with its bar until names are cut off.
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
  /** Whether values may be below 0. */
  signed?: true;
}

/** Returns a panel with lines over time, or with stacked areas. */
export function lines(declared: Lines): Panel {
  const { signed, ...rest } = declared.unit === minutes ? toMinutes(declared) : declared;
  const options: Lines = {
    ...(!signed && { min: 0 }),
    ...(rest.unit === undefined && { decimals: 0 }),
    ...rest,
  };
  const { stacked, steps, legend } = options;
  const names = new common.VizLegendOptionsBuilder().showLegend(true);
  // A phone shows three rows: sort by the highest value, not by name.
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
    // A failed scrape must be a gap.
    .spanNulls(false)
    .axisBorderShow(false)
    // If all values are 0, Grafana draws an axis up to 100, or to 10,000 %.
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

/** Returns a timeline with the state of each series. */
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
  // With colours by threshold, Grafana merges states by threshold and ignores their texts.
  return finish(builder, options, targets, dashboard.FieldColorModeId.Fixed);
}

/** Returns a panel with text in Markdown. */
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

/** Gives a panel the fields that every panel has. */
export function finish(
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

/** Returns a query in Grafana's form. */
export const toTarget = ({ expr, legend }: Query) =>
  new prometheus.DataqueryBuilder()
    .datasource(datasource)
    .editorMode(prometheus.QueryEditorMode.Code)
    .expr(expr)
    .legendFormat(legend ?? '');

const instant = (queries: readonly Query[]) => queries.map((query) => toTarget(query).instant());

const lastValue = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false);

/** A, B, C … */
export const refId = (index: number) => String.fromCharCode(65 + index);

/** Returns the colours by value in Grafana's form. */
export function toThresholds(steps: readonly Step[]): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps.map(([value, color]) => ({ value, color })));
}

/** Returns texts and colours by value in Grafana's form. */
export function toMapping(meanings: Readonly<Record<string, Meaning>>): dashboard.ValueMapping {
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
