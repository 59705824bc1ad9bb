import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as tables from '@grafana/grafana-foundation-sdk/table';
import {
  type Common,
  finish,
  type Meaning,
  type Panel,
  plain,
  refId,
  type Step,
  toMapping,
  toMissing,
  toTarget,
  toThresholds,
} from './panels.ts';

/** A column of a table: the source and the format of its cells. */
export interface Column {
  title: string;
  /** A label of the series, or the query of the value. */
  from: { label: string } | { expr: string };
  unit?: string;
  decimals?: number;
  /** The colours of the cells. */
  steps?: readonly Step[];
  /** Texts and colours of cells, by value or by text. */
  meanings?: Readonly<Record<string, Meaning>>;
  width?: number;
}

/** Returns a table with a row for each combination of labels that the first query returns. */
export function table(options: Common & { columns: readonly Column[]; sortBy: string }): Panel {
  const { columns, sortBy } = options;
  const labels = columns.flatMap(({ title, from }) =>
    'label' in from ? [{ title, label: from.label }] : [],
  );
  const values = columns.flatMap((column) =>
    'expr' in column.from ? [{ ...column, expr: column.from.expr }] : [],
  );
  // The names that Grafana gives to the values of several queries, and of a single one.
  const nameOfValue = (index: number) => (values.length > 1 ? `Value #${refId(index)}` : 'Value');
  const names = new Map(values.map(({ title }, index) => [title, nameOfValue(index)]));
  const place = new Map(columns.map(({ title }, index) => [title, index]));
  const nameOf = ({ title, from }: Column) => ('label' in from ? from.label : names.get(title)!);
  const builder = new tables.PanelBuilder()
    .cellHeight(common.TableCellHeight.Sm)
    // For columns without a width. Grafana's 150 pushes the last columns off a laptop's screen.
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
    const mappings = [
      ...(meanings ? [toMapping(meanings)] : []),
      // A cell without a value would have the colour of the first step.
      ...(steps ? [toMissing('–', 'transparent')] : []),
    ];
    const properties = [
      // Grafana would read a label of digits as a number, and shorten it.
      { id: 'unit', value: 'label' in from ? 'string' : (unit ?? options.unit ?? plain) },
      { id: 'noValue', value: '–' },
      ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
      ...(width ? [{ id: 'custom.width', value: width }] : []),
      ...(steps || Object.values(meanings ?? {}).some(({ colour }) => colour)
        ? [{ id: 'custom.cellOptions', value: background }]
        : []),
      ...(steps ? [{ id: 'thresholds', value: toThresholds(steps).build() }] : []),
      ...(steps ? [{ id: 'color', value: { mode: 'thresholds' } }] : []),
      ...(mappings.length > 0 ? [{ id: 'mappings', value: mappings }] : []),
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
