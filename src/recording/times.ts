/** The years of real times. Programs use years outside this range for "no time", such as 1970. */
const years = { from: 1990, to: 2099 };

const isoForm = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|([+-])(\d\d):(\d\d))?$/;

/**
 * Common values for "no time": first or last times of programs' calendars. They identify nobody.
 */
const noTimes = [
  '0001-01-01T00:00:00',
  '1601-01-01T00:00:00',
  '1753-01-01T00:00:00',
  '1900-01-01T00:00:00',
  '1970-01-01T00:00:00',
  '9999-12-31T23:59:59',
];

/**
 * Returns the milliseconds since 1970 of a real time in ISO 8601. Undefined for all other texts.
 */
export function timeOf(text: string): number | undefined {
  const parts = partsOf(text);
  return parts && isReal(parts.local) ? parts.ms - parts.zoneMs : undefined;
}

/** Whether a time has a fraction of a second. */
export const hasFraction = (text: string): boolean => partsOf(text)?.fraction !== undefined;

/**
 * Moves a time. Undefined for a text that is not a time.
 *
 * - The number of digits of the fraction stays. It becomes three if the result needs more digits.
 * - Digits below milliseconds become 0.
 * - Z stays Z. A time zone becomes +01:00 or -01:00.
 * - A value for "no time" does not move: it would reveal by how much the other times moved.
 */
export function moveTime(text: string, byMs: number): string | undefined {
  const parts = partsOf(text);
  if (!parts) return undefined;
  const { local, ms, zoneMs, fraction = '', zone } = parts;
  const hours = zoneMs === 0 ? 0 : Math.sign(zoneMs);
  const newZone = hours === 0 ? zone : hours > 0 ? '+01:00' : '-01:00';
  if (!isReal(local))
    return `${noTimes.includes(local) ? local : noTimes[3]}${noFraction(fraction)}${newZone}`;
  const moved = new Date(ms - zoneMs + byMs + hours * 3_600_000).toISOString();
  const millis = moved.slice(20, 23);
  const keep = Math.min(3, fraction.length);
  const shown = /^0*$/.test(millis.slice(keep)) ? millis.slice(0, keep) : millis;
  const digits = shown.padEnd(fraction.length, '0');
  return `${moved.slice(0, 19)}${digits === '' ? '' : `.${digits}`}${newZone}`;
}

/** Moves the date of a header, truncated to whole seconds. Undefined for other texts. */
export function moveHttpDate(text: string, byMs: number): string | undefined {
  const ms = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  const date = new Date(ms);
  if (Number.isNaN(ms) || !isReal(date.toISOString())) return undefined;
  return new Date(ms + byMs).toUTCString();
}

/** Longest text of which to keep the form. */
const longestForm = 40;

/**
 * Returns the form of a text in place of a time, such as `99/99/9999 99:99`: 9 for a digit, `a` for
 * a letter, ? for other characters outside ASCII. Undefined for a text without digits, or a long
 * text.
 */
export function formOf(text: string): string | undefined {
  if (!/\d/.test(text) || text.length > longestForm) return undefined;
  // The exporter reads every time that starts like this as "no time".
  const start = text.startsWith(noTimeStart) ? noTimeStart : '';
  const rest = text.slice(start.length);
  return `${start}${rest
    .replace(/\p{N}/gu, '9')
    .replace(/\p{L}/gu, 'a')
    .replace(/[^ -~]/gu, '?')}`;
}

const noTimeStart = '0001-01-01T';

function partsOf(text: string) {
  const [, local, fraction, zone = '', sign, hours, minutes] = isoForm.exec(text) ?? [];
  if (local === undefined) return undefined;
  const seconds = new Date(`${local}Z`);
  // Date would accept the 31st of February as the 3rd of March.
  if (Number.isNaN(seconds.getTime()) || !seconds.toISOString().startsWith(local)) return undefined;
  const zoneMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -60_000 : 60_000);
  const ms = seconds.getTime() + Number((fraction ?? '').slice(0, 3).padEnd(3, '0'));
  return { local, ms, zoneMs, fraction, zone };
}

function isReal(local: string): boolean {
  const year = Number(local.slice(0, 4));
  return year >= years.from && year <= years.to;
}

/** Replaces a fraction with zeros, or with nines as in the last time of a calendar. */
function noFraction(fraction: string): string {
  if (fraction === '') return '';
  return `.${(/^9+$/.test(fraction) ? '9' : '0').repeat(fraction.length)}`;
}
