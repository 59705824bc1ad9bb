import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  type DataFrame,
  displayNameOverrideProcessor,
  FieldColorModeId,
  FieldConfigOptionsRegistry,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  type GrafanaTheme2,
  getFieldDisplayName,
  identityOverrideProcessor,
  numberOverrideProcessor,
  type ScopedVars,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  type ThresholdsConfig,
  thresholdsOverrideProcessor,
  transformDataFrame,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import type { Panel, Scope } from './job.ts';

const known = Object.values(standardTransformers);
const unique = known.filter((each, index) => known.findIndex(({ id }) => id === each.id) === index);
standardTransformersRegistry.setInit(() =>
  unique.map((each) => ({
    id: each.id,
    name: each.name,
    editor: () => null,
    transformation: () => Promise.resolve(each),
    imageDark: '',
    imageLight: '',
  })),
);

/** The field configuration of every panel, without the options of a panel type. */
const standard = {
  displayName: displayNameOverrideProcessor,
  unit: stringOverrideProcessor,
  min: numberOverrideProcessor,
  max: numberOverrideProcessor,
  decimals: numberOverrideProcessor,
  noValue: stringOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  fieldMinMax: identityOverrideProcessor,
  mappings: identityOverrideProcessor,
  links: identityOverrideProcessor,
  color: identityOverrideProcessor,
  filterable: identityOverrideProcessor,
} as const;

/**
 * The default options of Grafana's panel plugins. npm has the types of their options, but not these
 * defaults.
 */
const defaults: Record<string, { mode: FieldColorModeId; custom?: Record<string, unknown> }> = {
  timeseries: {
    mode: FieldColorModeId.PaletteClassic,
    custom: {
      drawStyle: 'line',
      lineInterpolation: 'linear',
      lineWidth: 1,
      fillOpacity: 0,
      gradientMode: 'none',
      barAlignment: 0,
      stacking: { mode: 'none', group: 'A' },
      axisPlacement: 'auto',
      axisGridShow: true,
      pointSize: 5,
      showPoints: 'auto',
      spanNulls: false,
      thresholdsStyle: { mode: 'off' },
    },
  },
  'state-timeline': { mode: FieldColorModeId.ContinuousGrYlRd, custom: { fillOpacity: 70, lineWidth: 0 } },
  table: { mode: FieldColorModeId.Thresholds, custom: { cellOptions: { type: 'auto' }, align: 'auto' } },
};

/**
 * Returns the panel's field configuration with the defaults that Grafana adds when it loads a
 * panel.
 */
export function fieldConfigOf(panel: Panel): FieldConfigSource {
  const { mode = FieldColorModeId.Thresholds, custom } = defaults[panel.type] ?? {};
  const { defaults: own = {}, overrides = [] } = structuredClone(panel.fieldConfig ?? {});
  openFirstStep(own.thresholds);
  for (const { id, value } of overrides.flatMap(({ properties }) => properties)) {
    if (id === 'thresholds') openFirstStep(value);
  }
  return { overrides, defaults: { color: { mode }, ...own, custom: { ...custom, ...own.custom } } };
}

/** JSON has null where Grafana calculates with minus infinity. */
function openFirstStep(thresholds?: ThresholdsConfig) {
  const [first] = thresholds?.steps ?? [];
  if (first) first.value = Number.NEGATIVE_INFINITY;
}

/** Applies transformations and field configuration, as Grafana does before a panel draws. */
export async function shape(panel: Panel, frames: DataFrame[], scope: Scope, theme: GrafanaTheme2) {
  const replace = (text = '') => scope.replace(text, {}, 'shown');
  const steps = (panel.transformations ?? []).filter(({ disabled }) => !disabled);
  for (const { id } of steps) {
    if (!standardTransformersRegistry.getIfExists(id)) throw new Error(`transformation ${id} is not on npm`);
  }
  const transformed = await lastValueFrom(transformDataFrame(steps, frames, { interpolate: replace }));
  const fieldConfig = fieldConfigOf(panel);
  const shaped = applyFieldOverrides({
    data: transformed,
    fieldConfig,
    fieldConfigRegistry: registryOf(fieldConfig),
    replaceVariables: (text, scoped) => replaceField(replace(text), scoped),
    theme,
    timeZone: scope.job.timezone,
  });
  cacheFieldDisplayNames(shaped);
  return shaped;
}

/** Replaces the variables of a field: its name and labels. */
function replaceField(text: string, scoped?: ScopedVars): string {
  const { field, frame, data } = scoped?.__dataContext?.value ?? {};
  if (!field) return text;
  return text.replace(
    /\$\{__field\.(?:(labels)(?:\.(\w+)|\["(\w+)"\])|(name|displayName))\}/g,
    (_, labels, dotted, bracketed) =>
      labels ? (field.labels?.[dotted ?? bracketed] ?? '') : getFieldDisplayName(field, frame, data),
  );
}

/**
 * Returns a registry with every `custom` option of this panel. The plugins that declare the options
 * are not on npm.
 */
function registryOf({ defaults: { custom = {} }, overrides }: FieldConfigSource) {
  const ids = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  const overridden = ids.filter((id) => id.startsWith('custom.')).map((id) => id.slice('custom.'.length));
  const options = [...new Set([...Object.keys(custom), ...overridden])];
  return new FieldConfigOptionsRegistry(() => [
    ...Object.entries(standard).map(([id, process]) =>
      item(id, id, process as typeof identityOverrideProcessor),
    ),
    ...options.map((path) => ({
      ...item(`custom.${path}`, path, identityOverrideProcessor),
      isCustom: true,
    })),
  ]);
}

function item(id: string, path: string, process: typeof identityOverrideProcessor): FieldConfigPropertyItem {
  const editor = () => null;
  const shouldApply = () => true;
  const expandTemplateVars = { expandTemplateVars: true };
  return { id, path, name: id, editor, override: editor, process, shouldApply, settings: expandTemplateVars };
}
