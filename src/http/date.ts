/** Parses a date of a header, in any of HTTP's three formats (RFC 9110, 5.6.7). Returns ms since 1970, or NaN for other texts. */
export function parseHttpDate(text: string): number {
  // Date.parse would take a number such as "1.5" or "-3" for a year.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return Number.NaN;
  // The oldest format names no time zone, and Date.parse would take the local one. A second GMT changes nothing.
  return Date.parse(`${text} GMT`);
}
