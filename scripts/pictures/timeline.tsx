import {
  type DataFrame,
  type Field,
  FieldColorModeId,
  FieldType,
  formattedValueToString,
  type GrafanaTheme2,
  getActiveThreshold,
  getFieldDisplayName,
  getValueFormat,
} from '@grafana/data';
import { AxisPlacement, LegendDisplayMode, ScaleDirection, ScaleOrientation } from '@grafana/schema';
import { Pagination, UPlotChart, UPlotConfigBuilder, useTheme2, VizLayout, VizLegend } from '@grafana/ui';
import uPlot from 'uplot';
import type { Drawing } from './panels.tsx';

const pagesHeight = 40;

interface Shown {
  text: string;
  colour: string;
}

/** A period in which a series had one text and colour. */
interface Stretch extends Shown {
  from: number;
  to: number;
}

interface Lane {
  name: string;
  stretches: Stretch[];
  /** The entries of the legend, if they are not the texts that occur. */
  steps?: Shown[];
  opacity: number;
}

/**
 * Draws a panel like Grafana's state timeline, which is not on npm. The axes are Grafana's, and the
 * periods are drawn here. As in Grafana, a field with colours by thresholds and merged values shows
 * its threshold, and ignores value mappings.
 */
export function StateTimeline({ panel, frames, width, height, scope }: Drawing) {
  const theme = useTheme2();
  const {
    rowHeight = 0.9,
    alignValue = 'left',
    showValue = 'auto',
    mergeValues = true,
    perPage = 20,
    legend,
  } = panel.options ?? {};
  const all = frames.flatMap((frame) => lanesOf(frame, frames, mergeValues, theme));
  const lanes = perPage > 0 ? all.slice(0, perPage) : all;
  const texts = new Map(
    all.flatMap(({ steps, stretches }) => steps ?? stretches).map(({ text, colour }) => [text, colour]),
  );
  const items = [...texts].map(([label, color]) => ({ label, color, yAxis: 1 }));
  const placement = legend?.placement ?? 'bottom';
  const shown = legend?.showLegend !== false && (
    <VizLayout.Legend placement={placement}>
      <VizLegend
        placement={placement}
        items={items}
        displayMode={legend?.displayMode ?? LegendDisplayMode.List}
        readonly
      />
    </VizLayout.Legend>
  );
  const span: [number, number] = [scope.range.from.valueOf(), scope.range.to.valueOf()];
  const config = new UPlotConfigBuilder(scope.job.timezone);
  const center = (index: number) => 1 - (index + 0.5) / lanes.length;
  config.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => span,
  });
  config.addScale({
    scaleKey: 'y',
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: () => [0, 1],
  });
  config.addAxis({
    scaleKey: 'x',
    isTime: true,
    placement: AxisPlacement.Bottom,
    timeZone: scope.job.timezone,
    theme,
  });
  config.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    splits: () => lanes.map((_, index) => center(index)),
    values: () => lanes.map(({ name }) => name),
    grid: { show: false },
    ticks: { show: false },
    gap: 16,
    theme,
  });
  config.addHook('draw', (plot) => {
    const { ctx, bbox } = plot;
    const laneHeight = (bbox.height / lanes.length) * rowHeight;
    const x = (time: number) =>
      Math.round(plot.valToPos(Math.min(Math.max(time, span[0]), span[1]), 'x', true));
    ctx.save();
    ctx.font = `500 ${Math.round(12 * uPlot.pxRatio)}px ${theme.typography.fontFamily}`;
    ctx.textBaseline = 'middle';
    ctx.textAlign = alignValue;
    for (const [index, { stretches, opacity }] of lanes.entries()) {
      const middle = plot.valToPos(center(index), 'y', true);
      for (const { from, to, text, colour } of stretches) {
        const [left, right] = [x(from), x(to)];
        const room = right - left - 4;
        const fill = withOpacity(theme, colour, opacity);
        ctx.fillStyle = fill;
        ctx.fillRect(
          left,
          Math.round(middle - laneHeight / 2),
          Math.max(1, right - left),
          Math.round(laneHeight),
        );
        const tooNarrow = showValue === 'auto' && ctx.measureText(text).width > room;
        if (showValue === 'never' || tooNarrow) continue;
        ctx.fillStyle = theme.colors.getContrastText(fill, 3);
        const at =
          alignValue === 'center' ? (left + right) / 2 : alignValue === 'right' ? right - 2 : left + 2;
        ctx.fillText(text, at, middle);
      }
    }
    ctx.restore();
  });
  const pages = Math.ceil(all.length / Math.max(1, lanes.length));
  return (
    <>
      <VizLayout width={width} height={pages > 1 ? height - pagesHeight : height} legend={shown || null}>
        {(width: number, height: number) => (
          <UPlotChart config={config} data={[span, [null, null]]} width={width} height={height} />
        )}
      </VizLayout>
      {pages > 1 && (
        <div style={{ display: 'flex', justifyContent: 'center', paddingTop: theme.spacing(1) }}>
          <Pagination currentPage={1} numberOfPages={pages} onNavigate={() => undefined} />
        </div>
      )}
    </>
  );
}

function lanesOf(frame: DataFrame, frames: DataFrame[], merge: boolean, theme: GrafanaTheme2): Lane[] {
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  if (!time) return [];
  return frame.fields
    .filter((field) => field !== time)
    .map((field) => {
      const byThresholds =
        field.type === FieldType.number && field.config.color?.mode === FieldColorModeId.Thresholds;
      const steps = byThresholds ? stepsOf(field, theme) : [];
      const show = merge && steps.length > 0 ? thresholdOf(field, steps) : displayOf(field, theme);
      return {
        name: getFieldDisplayName(field, frame, frames),
        stretches: stretchesOf(field, time, merge, show),
        ...(steps.length > 1 && { steps }),
        opacity: field.config.custom?.fillOpacity ?? 70,
      };
    });
}

function stretchesOf(field: Field, time: Field, merge: boolean, show: (value: number) => Shown): Stretch[] {
  const stretches: Stretch[] = [];
  const step = time.config.interval ?? 0;
  for (const [index, value] of field.values.entries()) {
    if (value === null || value === undefined) continue;
    const from: number = time.values[index];
    const next: number = time.values[index + 1] ?? from + step;
    const to = step > 0 && next - from > step ? from + step : next;
    const shown = show(value);
    const last = stretches.at(-1);
    if (merge && last?.to === from && last.text === shown.text && last.colour === shown.colour) last.to = to;
    else stretches.push({ from, to, ...shown });
  }
  return stretches;
}

const displayOf = (field: Field, theme: GrafanaTheme2) => (value: unknown) => {
  const display = field.display!(value);
  return { text: formattedValueToString(display), colour: display.color ?? theme.colors.text.primary };
};

const thresholdOf = ({ config }: Field, steps: readonly Shown[]) => {
  const thresholds = config.thresholds!.steps;
  return (value: number) => steps[thresholds.indexOf(getActiveThreshold(value, thresholds))]!;
};

function stepsOf({ config }: Field, theme: GrafanaTheme2): Shown[] {
  const format = (number: number) =>
    formattedValueToString(getValueFormat(config.unit)(number, config.decimals));
  const steps = config.thresholds?.steps ?? [];
  return steps.map(({ value, color }, index) => {
    const next = steps[index + 1];
    const text = value === Number.NEGATIVE_INFINITY && next ? `< ${format(next.value)}` : `${format(value)}+`;
    return { text, colour: theme.visualization.getColorByName(color) };
  });
}

function withOpacity(theme: GrafanaTheme2, colour: string, percent: number): string {
  const context = document.createElement('canvas').getContext('2d')!;
  context.fillStyle = theme.visualization.getColorByName(colour);
  const hex = context.fillStyle;
  if (!hex.startsWith('#')) return hex;
  return `${hex}${Math.round((percent / 100) * 255)
    .toString(16)
    .padStart(2, '0')}`;
}
