const zero = 48;

/**
 * Parses a UTC date in ISO 8601, `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+00:00)`. Returns ms since 1970,
 * or NaN for other texts. Date.parse takes twice as long, a sixth of the CPU time of a scrape. It
 * also accepts local times and "1".
 */
export function parseTimestamp(text: string): number {
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(10) !== 84 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  ) {
    return Number.NaN;
  }
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // Comparisons with NaN are false, so this also rejects characters that are not digits.
  if (!(day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;

  let at = 19;
  let ms = 0;
  if (text.charCodeAt(at) === 46) {
    // Tenths, hundredths and thousandths. Further digits are ignored.
    let place = 100;
    for (at++; isDigit(text.charCodeAt(at)); at++) {
      ms += (text.charCodeAt(at) - zero) * place;
      place = place > 1 ? place / 10 : 0;
    }
    if (at === 20) return Number.NaN;
  }
  const zulu = text.charCodeAt(at) === 90 && at === text.length - 1;
  if (!zulu && text.slice(at) !== '+00:00') return Number.NaN;
  const seconds = ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  return seconds * 1000 + ms;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= zero + 9;
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - zero) * 10 + ones - zero : Number.NaN;
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Returns 0 for a month that does not exist. */
function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (monthLengths[month - 1] ?? 0);
}

/** Days of the proleptic Gregorian calendar, counted in eras of 400 years that start in March. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}
