import type { Build } from '../catalogue/metric.ts';
import { ExporterError, scrapeErrors } from '../errors.ts';
import type { Scrape } from '../scrape.ts';
import type { Floor } from '../snapshot/floor.ts';
import {
  accountOverview,
  agentsRows,
  longest,
  type Overview,
  teamOverviews,
  toDuration,
} from '../snapshot/overview.ts';
import type { Reading } from '../snapshot/reading.ts';
import { columns, escapeHtml, sentences, table } from './html.ts';

/** This process' last scrape of an account, and its age in ms. */
export interface LastScrape extends Scrape {
  ageMs: number;
}

/** Style, icon and headers of the page: landing-style.ts, which is loaded with the first page. */
export interface Look {
  style: string;
  iconAddress: string;
  headers: Readonly<Record<string, string>>;
}

/** The contents of the page at /. */
export interface LandingFacts {
  build: Build;
  /** The address of the documentation. Undefined: no link. */
  homepage: string | undefined;
  /** One per account, at least one. */
  last: readonly LastScrape[];
  nowMs: number;
  look: Look;
  /** HTML about queues. Empty without VCC_QUEUES. */
  queues: string;
}

/**
 * Time between two reloads of the page, in seconds. The page scrapes accounts whose last scrape is
 * older.
 */
export const reloadSeconds = 15;

/**
 * Returns the page at /: version, links, the state of all agents, and the results of the last
 * scrapes.
 */
export function landingPage({ build, homepage, last, nowMs, look, queues }: LandingFacts): string {
  const docs = homepage === undefined ? '' : `\n<a href="${escapeHtml(homepage)}">Docs</a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${reloadSeconds}">
<title>vcc-exporter</title>
<link rel="icon" href="${look.iconAddress}">
<style>${look.style}</style>
</head>
<body>
<header>
<h1>vcc-exporter</h1>
<p>Prometheus exporter for Vonage Contact Center · version ${escapeHtml(build.version)}</p>
<nav>
<a href="metrics">Metrics</a>
<a href="sd">Service discovery</a>
<a href="-/healthy">Health</a>${docs}
</nav>
</header>
<main>
${simulatedBanner(last)}${last.length > 1 ? severalAccounts(last, nowMs) : oneAccount(last[0]!, nowMs)}${queues}
</main>
<footer>${meaningOfFree(last)}Loaded at ${toTime(nowMs)} UTC; reloads every ${reloadSeconds} s.</footer>
</body>
</html>
`;
}

function simulatedBanner(last: readonly LastScrape[]): string {
  const names = last.filter(({ reading }) => reading.simulated).map(({ reading }) => reading.account);
  if (names.length === 0) return '';
  const which = names.length < last.length ? `: ${escapeHtml(names.join(', '))}` : '';
  const them = which === '' ? 'These numbers' : 'Their numbers';
  return `<p class="simulated"><strong>Simulated accounts${which}.</strong> ${them} come from the built-in simulator, not from Vonage.</p>\n`;
}

/** Explains which agents are free, since some Ready agents are neither free nor busy. */
function meaningOfFree(last: readonly LastScrape[]): string {
  const floors = last.flatMap(({ reading: { account, floor } }) => (floor ? [{ account, floor }] : []));
  if (floors.length === 0) return '';
  const unknown = floors.filter(({ floor }) => floor.eligible === undefined).map(({ account }) => account);
  const but =
    unknown.length > 0
      ? ` The API does not return eligibility for ${escapeHtml(unknown.join(', '))}: there, all Ready agents without work are free.`
      : '';
  return `Free agents are Ready, eligible for routing, and have no work. Other Ready agents without work get no inbound calls.${but}<br>\n`;
}

function oneAccount(last: LastScrape, nowMs: number): string {
  const { reading } = last;
  const { floor, account } = reading;
  const teams = teamOverviews(reading, 1).map((team) => teamRow(team));
  return [
    `<h2>Account ${escapeHtml(account)}: ${stateOf(last, nowMs)}</h2>`,
    ...(floor ? [agentsAndInteractions(floor)] : [failureOf(last)]),
    ...(teams.length > 0 ? [table('floor', [...columns('Team'), ...numberColumns], teams)] : []),
    details(reading),
  ].join('\n');
}

/** The same numbers as in the terminal. */
function agentsAndInteractions(floor: Floor): string {
  const row = (name: string, count: number, age: string, isPart = false) =>
    `<tr><th scope="row"${isPart ? ' class="in"' : ''}>${escapeHtml(name)}</th><td>${count}</td><td>${age}</td></tr>`;
  const agents = agentsRows(floor).map(({ name, agents, longest, isPart }) =>
    row(name, agents, longest, isPart),
  );
  const interactions = floor.states.map(({ name, ages }) =>
    row(name, ages.count, longest(ages, floor.takenAtMs)),
  );
  return `<div class="pair">
${table('plain', columns('Presence', 'Agents', 'Longest'), agents)}
${table('plain', columns('Interactions', 'Legs', 'Longest'), interactions)}
</div>`;
}

function severalAccounts(last: readonly LastScrape[], nowMs: number): string {
  const rows = last.flatMap((scrape) => {
    const { reading } = scrape;
    const { account, floor } = reading;
    const link = `<a href="probe?target=${encodeURIComponent(account)}">${escapeHtml(account)}</a>`;
    const begin = `<tr class="account"><th scope="row">${link}</th>`;
    const state = stateOf(scrape, nowMs);
    if (!floor) {
      return [
        `${begin}<td class="state" colspan="9">${state}</td></tr>`,
        `<tr class="why"><td colspan="10">${failureOf(scrape)}</td></tr>`,
      ];
    }
    const numbers = numbersOf(accountOverview(account, floor));
    const teams = teamOverviews(reading, last.length).map((team) => teamRow(team, '<td class="state"></td>'));
    return [
      `${begin}<td class="state">${state}</td>${numbers}<td>${floor.distinctInteractions}</td></tr>`,
      ...teams,
    ];
  });
  const stateColumn = '<th scope="col" class="state">State</th>';
  const head = [...columns('Account'), stateColumn, ...numberColumns, ...columns('Inter&shy;actions')];
  return `<h2>${last.length} accounts</h2>\n${table('floor', head, rows)}`;
}

function teamRow(team: Overview, state = ''): string {
  return `<tr class="team"><th scope="row">${escapeHtml(team.name)}</th>${state}${numbersOf(team)}</tr>`;
}

const numberColumns = columns('Agents', 'Ready', 'Free', 'Longest free', 'Busy', 'Away', 'Logged out');

/** In the order of {@link numberColumns}. */
function numbersOf({ agents, ready, free, longestFree, busy, away, loggedOut }: Overview): string {
  const numbers = [agents, ready, free, longestFree, busy, away, loggedOut];
  return numbers.map((number) => `<td>${number}</td>`).join('');
}

function stateOf({ reading: { error }, ageMs }: LastScrape, nowMs: number): string {
  const state =
    error === undefined ? '<span class="up">up</span>' : `<span class="down">down: ${error}</span>`;
  const ago = ageMs < 500 ? 'just now' : `${toDuration(ageMs)} ago`;
  return `${state}, <time datetime="${new Date(nowMs - ageMs).toISOString()}">${ago}</time>`;
}

/**
 * Explains a failed scrape and what to do. Shows only messages of our errors, since other messages
 * may quote data.
 */
function failureOf({ reading, failure }: LastScrape): string {
  if (reading.error === undefined) return '';
  const { about, advice } = scrapeErrors[reading.error];
  const message =
    failure instanceof ExporterError ? `\n<br>Message: <code>${escapeHtml(failure.message)}</code>` : '';
  return `<p class="fault">${sentences(`${about} ${advice}`)}${message}</p>`;
}

function details({ durationMs, budgetMs, requests, retries, floor }: Reading): string {
  const rows = [
    ['Scrape took', `${(durationMs / 1000).toFixed(2)} s of ${(budgetMs / 1000).toFixed(1)} s`],
    ['Requests to the API', `${requests}, including ${retries} retries`],
    ...(floor
      ? [
          ['Snapshot', `${toTime(floor.takenAtMs)} UTC (clock of the API)`],
          ['In the snapshot', `${floor.agents} agents, ${floor.distinctInteractions} interactions`],
        ]
      : []),
  ];
  const cells = rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return `<table class="details">\n${cells.join('\n')}\n</table>`;
}

/** Returns the time of day, as in `09:30:00`. */
function toTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 19);
}
