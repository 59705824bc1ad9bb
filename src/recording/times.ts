/**
 * Years of times that agents can have. Others are a program's idea of "no time", such as 1970 or 9999.
 */
const years = { from: 1990, to: 2099 };

const isoForm = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|([+-])(\d\d):(\d\d))?$/;

/**
 * Starts of programs' calendars and the end of one: everybody has them, so they say nothing about
 * an account.
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
 * Returns milliseconds since 1970 of a time in ISO 8601 that an agent can have. Undefined for all
 * other texts.
 */
export function timeOf(text: string): number | undefined {
  const parts = partsOf(text);
  return parts && isReal(parts.local) ? parts.ms - parts.zoneMs : undefined;
}

/** Whether a time shows fractions of a second. */
export const hasFraction = (text: string): boolean => partsOf(text)?.fraction !== undefined;

/**
 * Moves a time. Its form stays: digits of the fraction, Z or time zone. Only where the fraction has
 * too few digits for the result, it gets three. A zone becomes +01:00 or -01:00, and digits below
 * milliseconds become 0. What stands for "no time" is not moved: it would show by how much the
 * others were. Returns undefined for a text that is no time.
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

/** The offset of a header's date, to whole seconds. Undefined for other texts. */
export function moveHttpDate(text: string, byMs: number): string | undefined {
  const ms = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  const date = new Date(ms);
  if (Number.isNaN(ms) || !isReal(date.toISOString())) return undefined;
  return new Date(ms + byMs).toUTCString();
}

/** Longest form of a text that is no time. */
const longestForm = 40;

/**
 * Returns the form of a text that stands where a time belongs, such as `99/99/9999 99:99`: 9 for
 * digits, a for letters, ? for what is not ASCII. Undefined for a text without digits, or a long
 * one.
 */
export function formOf(text: string): string | undefined {
  if (!/\d/.test(text) || text.length > longestForm) return undefined;
  // The exporter takes everything of the year 1 for no time.
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
  // The 31st of February would be taken for the 3rd of March.
  if (Number.isNaN(seconds.getTime()) || !seconds.toISOString().startsWith(local)) return undefined;
  const zoneMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -60_000 : 60_000);
  const ms = seconds.getTime() + Number((fraction ?? '').slice(0, 3).padEnd(3, '0'));
  return { local, ms, zoneMs, fraction, zone };
}

function isReal(local: string): boolean {
  const year = Number(local.slice(0, 4));
  return year >= years.from && year <= years.to;
}

/** The largest time of a calendar has nines. */
function noFraction(fraction: string): string {
  if (fraction === '') return '';
  return `.${(/^9+$/.test(fraction) ? '9' : '0').repeat(fraction.length)}`;
}
