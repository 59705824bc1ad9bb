import { type DataFrame, EventBusSrv, LoadingState, rangeUtil, renderMarkdown } from '@grafana/data';
import { GlobalStyles, Icon, PanelChrome, PanelContextProvider, useTheme2 } from '@grafana/ui';
import { type CSSProperties, Fragment, type ReactNode } from 'react';
import type { Panel, Scope } from './job.ts';
import { drawings } from './panels.tsx';
import type { Variable } from './variables.ts';

const columns = 24;
const rowHeight = 30;
const gap = 8;
const margin = 16;
/** Grafana's breakpoint `md`. */
const narrow = 768;

/** A panel with the answer of Prometheus. */
export interface Filled {
  panel: Panel;
  frames: DataFrame[];
  error?: string;
}

/** The position of a panel on the page, in pixels. */
export interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Returns the positions of the panels for a page of this width. As in Grafana, a narrow page has
 * one column.
 */
export function placesOf(panels: readonly Panel[], pageWidth: number): Place[] {
  const inner = pageWidth - 2 * margin;
  const column = (inner - gap * (columns - 1)) / columns;
  let bottom = 0;
  return panels.map(({ gridPos: { x, y, w, h } }) => {
    const height = h * rowHeight + (h - 1) * gap;
    if (pageWidth <= narrow) {
      const top = bottom;
      bottom += height + margin;
      return { left: 0, top, width: inner, height };
    }
    return {
      left: Math.round(x * (column + gap)),
      top: y * (rowHeight + gap),
      width: Math.round(w * column + (w - 1) * gap),
      height,
    };
  });
}

/** The whole page: a toolbar like Grafana's, and all panels. */
export function Dashboard(props: { filled: Filled[]; variables: Variable[]; scope: Scope; width: number }) {
  const { filled, variables, scope, width } = props;
  const theme = useTheme2();
  const places = placesOf(
    filled.map(({ panel }) => panel),
    width,
  );
  const height = Math.max(0, ...places.map(({ top, height }) => top + height));
  return (
    <div
      style={{
        background: theme.colors.background.canvas,
        minHeight: '100vh',
        paddingBottom: margin,
        boxSizing: 'border-box',
      }}
    >
      <GlobalStyles />
      <Toolbar variables={variables} scope={scope} />
      <div style={{ position: 'relative', margin: `0 ${margin}px`, height }}>
        {filled.map((each, index) => {
          const place = places[index]!;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <div key={index} style={{ position: 'absolute', ...place }}>
              {each.panel.type === 'row' ? (
                <Row panel={each.panel} scope={scope} />
              ) : (
                <Frame {...each} scope={scope} width={place.width} height={place.height} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Frame({
  panel,
  frames,
  error,
  scope,
  width,
  height,
}: Filled & { scope: Scope; width: number; height: number }) {
  const { title = '', description, transparent } = panel;
  const Drawing = drawings[panel.type];
  const eventBus = new EventBusSrv();
  const markdown = description && renderMarkdown(scope.replace(description, {}, 'shown'));
  return (
    <PanelContextProvider value={{ eventsScope: 'panel', eventBus }}>
      <PanelChrome
        title={scope.replace(title, {}, 'shown')}
        description={markdown && (() => markdown)}
        displayMode={transparent ? 'transparent' : 'default'}
        hoverHeader={!title}
        loadingState={error === undefined ? LoadingState.Done : LoadingState.Error}
        statusMessage={error}
        width={width}
        height={height}
      >
        {(innerWidth, innerHeight) =>
          Drawing ? (
            <Drawing panel={panel} frames={frames} width={innerWidth} height={innerHeight} scope={scope} />
          ) : (
            <div>Panels of type {panel.type} are not drawn here.</div>
          )
        }
      </PanelChrome>
    </PanelContextProvider>
  );
}

function Row({ panel, scope }: { panel: Panel; scope: Scope }) {
  const theme = useTheme2();
  const count = panel.panels?.length ?? 0;
  return (
    <div style={{ display: 'flex', alignItems: 'center', gap: theme.spacing(1), height: '100%' }}>
      <Icon name={panel.collapsed ? 'angle-right' : 'angle-down'} />
      <span style={{ fontSize: theme.typography.h5.fontSize, fontWeight: theme.typography.fontWeightMedium }}>
        {scope.replace(panel.title ?? '', {}, 'shown')}
      </span>
      {panel.collapsed && (
        <span style={{ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }}>
          ({count} {count === 1 ? 'panel' : 'panels'})
        </span>
      )}
    </div>
  );
}

function Toolbar({ variables, scope }: { variables: Variable[]; scope: Scope }) {
  const theme = useTheme2();
  const { background, border, text } = theme.colors;
  const bar = { display: 'flex', alignItems: 'center', gap: theme.spacing(1) };
  return (
    <>
      <div
        style={{
          ...bar,
          height: 40,
          padding: `0 ${margin}px`,
          background: background.primary,
          borderBottom: `1px solid ${border.weak}`,
        }}
      >
        <span style={{ color: text.secondary }}>Dashboards</span>
        <Icon name="angle-right" />
        <span>{scope.job.dashboard.title}</span>
      </div>
      <div style={{ ...bar, flexWrap: 'wrap', padding: `${margin}px ${margin}px ${gap}px` }}>
        {variables
          .filter(({ hidden }) => !hidden)
          .map(({ name, label, text: value }) => (
            <Fragment key={name}>
              <div style={{ display: 'flex' }}>
                <Box left secondary>
                  {label}
                </Box>
                <Box right>
                  {value}
                  <Icon name="angle-down" />
                </Box>
              </div>
            </Fragment>
          ))}
        <div style={{ flexGrow: 1 }} />
        <Box left right>
          <Icon name="clock-nine" />
          {rangeUtil.describeTimeRange(scope.range.raw)}
          <Icon name="angle-down" />
        </Box>
      </div>
    </>
  );
}

function Box(props: { children: ReactNode; left?: boolean; right?: boolean; secondary?: boolean }) {
  const { children, left, right, secondary } = props;
  const { colors, components, shape, spacing, typography } = useTheme2();
  const radius = (round?: boolean) => (round ? shape.radius.default : '0');
  const style: CSSProperties = {
    display: 'flex',
    alignItems: 'center',
    gap: spacing(1),
    height: spacing(components.height.md),
    padding: spacing(0, 1),
    border: `1px solid ${components.input.borderColor}`,
    borderRadius: `${radius(left)} ${radius(right)} ${radius(right)} ${radius(left)}`,
    marginLeft: left ? 0 : -1,
    background: secondary ? colors.background.secondary : components.input.background,
    fontSize: typography.bodySmall.fontSize,
    fontWeight: secondary ? typography.fontWeightMedium : typography.fontWeightRegular,
  };
  return <div style={style}>{children}</div>;
}
