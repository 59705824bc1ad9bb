import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { load } from 'js-yaml';
import { startServer } from '../../support/server.ts';
import { serveOnFreePort } from './process.ts';
import { secondsOf } from './stretches.ts';

type Labels = Readonly<Record<string, string>>;

/** An alert in the form that Alertmanager accepts. */
export interface PostedAlert {
  labels: Labels;
  annotations?: Labels;
  /** Default: now. */
  startsAt?: string;
  /** In the past: it is resolved. */
  endsAt?: string;
}

/** An alert in the form that Alertmanager returns. */
export interface HeldAlert {
  labels: Labels;
  fingerprint: string;
  status: { state: 'unprocessed' | 'active' | 'suppressed'; inhibitedBy: string[] };
}

/** A running Alertmanager. */
export interface Alertmanager {
  /** Address without a path. */
  origin: string;
  post(alerts: readonly PostedAlert[]): Promise<void>;
  /** All alerts that have not ended. */
  alerts(): Promise<HeldAlert[]>;
  stop(): Promise<unknown>;
}

/** Starts an Alertmanager with a configuration, in a folder of its own. */
export async function startAlertmanager(
  binary: string,
  config: object,
  folder: string,
): Promise<Alertmanager> {
  const file = join(folder, 'alertmanager.yml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  const args = [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    // It must not search for other Alertmanagers.
    '--cluster.listen-address=',
    '--log.level=warn',
  ];
  const { origin, stop } = await serveOnFreePort('Alertmanager', binary, args, folder);
  const api = `${origin}/api/v2/alerts`;
  return {
    origin,
    stop,
    post: async (alerts) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(api, { method: 'POST', headers, body: JSON.stringify(alerts) });
      if (!response.ok) throw new Error(`Alertmanager takes no alerts: ${await response.text()}`);
    },
    alerts: async () => (await (await fetch(api)).json()) as HeldAlert[],
  };
}

/** An alert in a message. */
export interface DeliveredAlert {
  receiver: string;
  status: 'firing' | 'resolved';
  labels: Labels;
  annotations: Labels;
}

/** A message about firing or resolved alerts of one group. */
export interface DeliveredMessage {
  receiver: string;
  status: 'firing' | 'resolved';
  groupLabels: Labels;
  alerts: readonly DeliveredAlert[];
  receivedMs: number;
}

/** Takes the messages of all receivers. */
export interface Inbox {
  origin: string;
  /** In order. */
  messages: DeliveredMessage[];
  /** Alerts of all messages so far, in order. */
  alerts: DeliveredAlert[];
  close(): Promise<void>;
}

/** Starts a server for webhooks. The path of an address is the name of the receiver. */
export async function startInbox(): Promise<Inbox> {
  const alerts: DeliveredAlert[] = [];
  const messages: DeliveredMessage[] = [];
  const server = await startServer((request, response) => {
    json(request).then(
      (body) => {
        const message = body as DeliveredMessage;
        const receiver = request.url!.slice(1);
        const delivered = message.alerts.map((each) => ({ ...each, receiver }));
        alerts.push(...delivered);
        messages.push({ ...message, receiver, alerts: delivered, receivedMs: Date.now() });
        response.end();
      },
      () => response.writeHead(400).end(),
    );
  });
  return { ...server, alerts, messages };
}

/** The parts of a configuration that the tests read and change. Other parts stay unchanged. */
export interface Config {
  route: Route;
  time_intervals: { name: string; time_intervals: TimeInterval[] }[];
  inhibit_rules: { source_matchers: string[]; target_matchers: string[]; equal?: string[] }[];
  receivers: { name: string; webhook_configs: { url: string }[] }[];
}

interface Route {
  group_wait?: string;
  group_interval?: string;
  repeat_interval?: string;
  routes?: Route[];
}

interface TimeInterval {
  weekdays?: string[];
  months?: string[];
  years?: string[];
  location?: string;
}

const waits = ['group_wait', 'group_interval', 'repeat_interval'] as const;

/**
 * A configuration with the addresses of the inbox. All waits are divided by `speed`, or short
 * without it.
 */
export function toTestConfig(text: string, inbox: { origin: string }, speed?: number): Config {
  const config = load(text) as Config;
  const shortened = (route: Route): Partial<Route> =>
    speed === undefined
      ? { group_wait: '500ms', group_interval: '1s' }
      : Object.fromEntries(
          waits.flatMap((name) => {
            const value = route[name];
            return value === undefined ? [] : [[name, `${Math.ceil((secondsOf(value) * 1000) / speed)}ms`]];
          }),
        );
  const hasten = (route: Route): Route => ({
    ...route,
    ...shortened(route),
    ...(route.routes && { routes: route.routes.map(hasten) }),
  });
  return {
    ...config,
    route: hasten(config.route),
    receivers: config.receivers.map(({ name, webhook_configs }) => ({
      name,
      webhook_configs: webhook_configs.map((webhook) => ({
        ...webhook,
        url: inbox.origin + new URL(webhook.url).pathname,
      })),
    })),
  };
}

const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * Moves the weekly opening hours of a configuration in time, by the same amount for all locations,
 * so that it is this hour of this weekday there now. Alertmanager's clock cannot be set. Holidays
 * are moved out of the way.
 */
export function atHour<C extends Config>(config: C, weekday: string, hour: number): C {
  const now = new Date();
  // From 12 hours behind UTC to 11 before it.
  const offset = ((hour - now.getUTCHours() + 36) % 24) - 12;
  // The names of these zones have the sign of POSIX.
  const location = `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
  const today = new Date(now.getTime() + offset * 3_600_000).getUTCDay();
  const later = today - days.indexOf(weekday) + 7;
  const move = (range: string) => {
    const [first, last = first] = range.split(':').map((day) => days.indexOf(day)) as [number, number?];
    return days.slice(first, last + 1).map((day) => days[(days.indexOf(day) + later) % 7]!);
  };
  return {
    ...config,
    time_intervals: config.time_intervals.map(({ name, time_intervals: intervals }) => ({
      name,
      time_intervals: intervals.map((each) => ({
        ...each,
        location,
        ...(each.weekdays && { weekdays: each.weekdays.flatMap(move) }),
        ...(each.months && { years: ['2000'] }),
      })),
    })),
  };
}
