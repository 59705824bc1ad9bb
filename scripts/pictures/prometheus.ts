/** Fetches `data` from Prometheus' HTTP API. @throws Error with the message of Prometheus */
// biome-ignore lint/suspicious/noExplicitAny: its shape depends on the request
export async function ask(path: string, params: URLSearchParams): Promise<any> {
  const response = await fetch(`/api/v1/${path}?${params}`).catch(() => undefined);
  if (!response) throw new Error('Prometheus does not answer');
  const text = await response.text();
  try {
    const { status, data, error } = JSON.parse(text);
    if (status === 'success') return data;
    throw new Error(`Prometheus says: ${error}`);
  } catch (error) {
    throw error instanceof SyntaxError ? new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`) : error;
  }
}
