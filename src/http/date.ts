/** The three forms of RFC 9110, 5.6.7. All are in UTC. */
const fixed = /^[a-z]{3}, \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d GMT$/i;
const rfc850 = /^[a-z]{6,9}, \d\d-[a-z]{3}-\d\d \d\d:\d\d:\d\d GMT$/i;
const asctime = /^[a-z]{3} [a-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/i;

/**
 * Parses the date of an HTTP header. Returns ms since 1970, or NaN for an absent or invalid header.
 * Date.parse alone would accept "1" and "May 5", and read an asctime date as local time.
 */
export function parseHttpDate(header: string | undefined): number {
  const text = header?.trim() ?? '';
  if (fixed.test(text) || rfc850.test(text)) return Date.parse(text);
  return asctime.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}
