import {
  type DataFrame,
  type FieldDisplay,
  FieldType,
  type GrafanaTheme2,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  renderTextPanelMarkdown,
  type VizOrientation,
} from '@grafana/data';
import { defaultOptions as barDefaults } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import { defaultOptions as statDefaults } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import { BarGauge, BigValue, type BigValueTextMode, TimeSeries, useTheme2, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import type { ReactNode } from 'react';
import { fieldConfigOf } from './fields.ts';
import type { Panel, Scope } from './job.ts';
import { StateTimeline } from './timeline.tsx';

/** The input for drawing a panel. */
export interface Drawing {
  panel: Panel;
  frames: DataFrame[];
  width: number;
  height: number;
  scope: Scope;
}

/** The content of a panel, by type. */
export const drawings: Record<string, (drawing: Drawing) => ReactNode> = {
  stat: Stat,
  bargauge: Bars,
  timeseries: Lines,
  table: Table,
  'state-timeline': (drawing) =>
    isEmpty(drawing.frames) ? <NoData {...drawing} /> : <StateTimeline {...drawing} />,
  text: Text,
};

/** Whether there is nothing to draw. */
export const isEmpty = (frames: readonly DataFrame[]) => frames.every(({ length }) => length === 0);

function Stat({ panel, frames, width, height, scope }: Drawing) {
  const theme = useTheme2();
  const options = { ...statDefaults, ...panel.options };
  const named = panel.fieldConfig?.defaults?.displayName || !panel.title;
  const textMode = options.textMode === 'auto' && named ? 'value_and_name' : options.textMode;
  const values = () => displayValues(panel, frames, scope, theme, options.graphMode !== 'none');
  return (
    <VizRepeater
      getValues={values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width, height, count, alignmentFactors }) => (
        <BigValue
          value={value.display}
          count={count}
          sparkline={value.sparkline && { ...value.sparkline, timeRange: scope.range }}
          colorMode={options.colorMode}
          graphMode={options.graphMode}
          justifyMode={options.justifyMode}
          textMode={textMode as BigValueTextMode}
          alignmentFactors={alignmentFactors}
          text={options.text}
          disableWideLayout={!options.wideLayout}
          percentChangeColorMode={options.percentChangeColorMode}
          width={width}
          height={height}
          theme={theme}
        />
      )}
      source={frames}
      renderCounter={0}
      width={width}
      height={height}
      itemSpacing={3}
      autoGrid
      orientation={options.orientation ?? 'auto'}
    />
  );
}

function Bars({ panel, frames, width, height, scope }: Drawing) {
  const theme = useTheme2();
  const options = { ...barDefaults, orientation: 'auto', ...panel.options };
  const spacing = options.displayMode === 'lcd' ? 2 : 10;
  const sizes = options.sizing === 'manual' ? options : barDefaults;
  return (
    <VizRepeater
      getValues={() => displayValues(panel, frames, scope, theme)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width, height, count, alignmentFactors, orientation }) => (
        <BarGauge
          value={
            count === 1 && !value.field.displayName ? { ...value.display, title: undefined } : value.display
          }
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
          alignmentFactors={count > 1 ? alignmentFactors : undefined}
          orientation={orientation}
          text={options.text}
          itemSpacing={spacing}
          displayMode={options.displayMode}
          showUnfilled={options.showUnfilled}
          valueDisplayMode={options.valueMode}
          namePlacement={options.namePlacement}
          width={width}
          height={height}
          theme={theme}
        />
      )}
      source={frames}
      renderCounter={0}
      width={width}
      height={height}
      minVizWidth={sizes.minVizWidth}
      minVizHeight={sizes.minVizHeight}
      maxVizHeight={sizes.maxVizHeight}
      itemSpacing={spacing}
      orientation={options.orientation as VizOrientation}
    />
  );
}

function Lines(drawing: Drawing) {
  const { panel, frames, width, height, scope } = drawing;
  if (isEmpty(frames)) return <NoData {...drawing} />;
  const legend = {
    showLegend: true,
    displayMode: 'list',
    placement: 'bottom',
    calcs: [],
    ...panel.options?.legend,
  };
  return (
    <TimeSeries
      frames={frames.map(onlyFinite)}
      timeRange={scope.range}
      timeZone={scope.job.timezone}
      legend={legend}
      options={panel.options}
      structureRev={1}
      width={width}
      height={height}
    />
  );
}

/**
 * Removes NaN from series, as Grafana's panel does. A NaN at the start would leave the axis without
 * a range.
 */
function onlyFinite(frame: DataFrame): DataFrame {
  const finite = (value: unknown) => (typeof value !== 'number' || Number.isFinite(value) ? value : null);
  const fields = frame.fields.map((field) =>
    field.type === FieldType.number ? { ...field, values: field.values.map(finite) } : field,
  );
  return { ...frame, fields };
}

function Table(drawing: Drawing) {
  const { panel, frames, width, height, scope } = drawing;
  const frame = frames[panel.options?.frameIndex ?? 0] ?? frames[0];
  if (!frame || frame.fields.length === 0) return <NoData {...drawing} />;
  return (
    <TableNG
      data={frame}
      fieldConfig={fieldConfigOf(panel)}
      noHeader={panel.options?.showHeader === false}
      sortBy={panel.options?.sortBy}
      cellHeight={panel.options?.cellHeight}
      enablePagination={panel.options?.enablePagination}
      timeRange={scope.range}
      structureRev={1}
      resizable
      width={width}
      height={height}
    />
  );
}

function Text({ panel, scope }: Drawing) {
  const { content = '', mode = 'markdown' } = panel.options ?? {};
  const text = scope.replace(content, {}, 'shown');
  const html = mode === 'html' ? text : renderTextPanelMarkdown(text);
  return (
    // biome-ignore lint/security/noDangerouslySetInnerHtml: texts of the project's own dashboards
    <div className="markdown-html" dangerouslySetInnerHTML={{ __html: html }} />
  );
}

function NoData({ panel }: Pick<Drawing, 'panel'>) {
  const theme = useTheme2();
  return (
    <div style={{ display: 'flex', height: '100%', alignItems: 'center', justifyContent: 'center' }}>
      <div style={{ color: theme.colors.text.secondary, fontSize: theme.typography.size.lg }}>
        {panel.fieldConfig?.defaults?.noValue ?? 'No data'}
      </div>
    </div>
  );
}

function displayValues(
  panel: Panel,
  data: DataFrame[],
  scope: Scope,
  theme: GrafanaTheme2,
  sparkline = false,
) {
  return getFieldDisplayValues({
    data,
    fieldConfig: fieldConfigOf(panel),
    reduceOptions: { calcs: ['lastNotNull'], values: false, ...panel.options?.reduceOptions },
    replaceVariables: (text) => scope.replace(text, {}, 'shown'),
    sparkline,
    theme,
    timeZone: scope.job.timezone,
  }) as (FieldDisplay & { view?: FieldDisplay['view'] })[];
}
