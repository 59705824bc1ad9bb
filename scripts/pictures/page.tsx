import './stubs.ts';
import {
  createTheme,
  type DataFrame,
  dateTime,
  FieldType,
  rangeUtil,
  setTimeZoneResolver,
  ThemeContext,
  type TimeRange,
} from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { createRoot } from 'react-dom/client';
import { Dashboard, type Filled, placesOf } from './dashboard.tsx';
import { shape } from './fields.ts';
import type { Job, Panel, Report, Scope } from './job.ts';
import { queryPanel } from './queries.ts';
import { replaceVariables, resolveVariables } from './variables.ts';

declare global {
  interface Window {
    job: Job;
    report?: Report;
  }
}

async function main() {
  const { job } = window;
  const errors: string[] = [];
  await initPluginTranslations('grafana');
  setTimeZoneResolver(() => job.timezone);
  const theme = createTheme({ colors: { mode: job.theme } });
  const range = rangeOf(job);
  const times = new URLSearchParams({ start: `${range.from.unix()}`, end: `${range.to.unix()}` });
  const variables = await resolveVariables(job, times);
  const replace: Scope['replace'] = (text, more, shown) => replaceVariables(text, variables, more, shown);
  const scope: Scope = { job, range, replace };
  const panels = [...job.dashboard.panels];
  const places = placesOf(panels, window.innerWidth);
  const filled = await Promise.all(
    panels.map(async (panel, index): Promise<Filled> => {
      try {
        const frames = await queryPanel(panel, scope, places[index]!.width);
        return { panel, frames: await shape(panel, frames, scope, theme) };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        errors.push(`panel "${panel.title}": ${message}`);
        return { panel, frames: [], error: message };
      }
    }),
  );
  await loadFonts();
  const root = document.getElementById('root')!;
  createRoot(root).render(
    <ThemeContext.Provider value={theme}>
      <Dashboard filled={filled} variables={variables} scope={scope} width={window.innerWidth} />
    </ThemeContext.Provider>,
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const hasQueries = ({ targets = [] }: Panel) => targets.length > 0;
  window.report = {
    panels: panels.filter(({ type }) => type !== 'row').length,
    height: document.documentElement.scrollHeight,
    errors,
    empty: filled
      .filter(({ panel, frames, error }) => hasQueries(panel) && error === undefined && hasNoValues(frames))
      .map(({ panel }) => panel.title ?? panel.type),
  };
}

/** Whether a panel shows nothing: it has no samples, or only NaN, which Grafana does not draw. */
function hasNoValues(frames: readonly DataFrame[]): boolean {
  const values = frames.flatMap(({ fields }) => fields.filter(({ type }) => type !== FieldType.time));
  return values.every((field) => field.values.every((value) => value === null || Number.isNaN(value)));
}

function rangeOf({ at, range, dashboard }: Job): TimeRange {
  const raw = { from: range ? `now-${range}` : (dashboard.time?.from ?? 'now-6h'), to: 'now' };
  const length = rangeUtil.intervalToMs(raw.from.replace('now-', ''));
  return { from: dateTime(at - length), to: dateTime(at), raw };
}

/** Waits for the font, since texts are measured before they are drawn. */
async function loadFonts() {
  const faces = [400, 500].map((weight) => {
    const source = "url('/public/fonts/inter/Inter-Regular.woff2')";
    return new FontFace('Inter', source, { weight: String(weight) });
  });
  for (const face of faces) document.fonts.add(await face.load());
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  window.report = { panels: 0, height: 0, errors: [message], empty: [] };
});
