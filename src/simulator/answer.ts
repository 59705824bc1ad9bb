/** An endpoint's answer. */
export interface Answer {
  status: number;
  body: unknown;
  /** The body, if it is not JSON. */
  text?: string;
  /** Whether the connection breaks in the middle of the body. */
  cut?: boolean;
  headers?: Record<string, string>;
}

/** Returns an error in the API's form. */
export function problem(statusCode: number, error: string, message: string): Answer {
  return { status: statusCode, body: { statusCode, error, message } };
}

const vendorType = 'application/vnd.newvoicemedia';

/** Returns the API's error for an Accept header with none of these versions. */
export function refuseAccept(accept: string, versions: readonly number[]): Answer | undefined {
  if (!accept.startsWith(vendorType)) return problem(400, 'Bad Request', 'Invalid Accept header!');
  if (versions.some((version) => accept === `${vendorType}.v${version}+json`)) return undefined;
  return problem(400, 'Bad Request', `Invalid api-version! Valid values: ${versions.join(',')}`);
}

/** A page of a list, and its metadata. */
interface Page<T> {
  items: readonly T[];
  meta: { page: number; count: number; pageCount: number; totalCount: number };
}

/**
 * Returns the page that a query requests. Undefined for an invalid query.
 *
 * - `shifted`: how many items were moved from the front to the end of the list.
 * - `most`: the largest page to serve.
 */
export function takePage<T>(
  all: readonly T[],
  query: URLSearchParams,
  shifted = 0,
  most = 5000,
): Page<T> | undefined {
  const page = wholeNumber(query.get('page') ?? '1', 1, Number.MAX_SAFE_INTEGER);
  const asked = wholeNumber(query.get('limit') ?? '25', 1, 5000);
  if (page === undefined || asked === undefined) return undefined;
  const limit = Math.min(asked, most);
  const offset = all.length === 0 ? 0 : shifted % all.length;
  const order = offset === 0 ? all : [...all.slice(offset), ...all.slice(0, offset)];
  const items = order.slice((page - 1) * limit, page * limit);
  const pageCount = Math.ceil(all.length / limit);
  return { items, meta: { page, count: items.length, pageCount, totalCount: all.length } };
}

/** The API's error for a page or limit out of range. */
export const badPaging: Answer = problem(400, 'Bad Request', 'Invalid paging parameters');

function wholeNumber(value: string, min: number, max: number): number | undefined {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? number : undefined;
}
