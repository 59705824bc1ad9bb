import { startServer, type TestServer } from '../../support/server.ts';

/** Passes scrapes on with text 0.0.4 only: Prometheus 2.42 has no setting to request it. */
export function startTextProxy(target: string): Promise<TestServer> {
  return startServer((request, response) => {
    const headers = {
      accept: 'text/plain;version=0.0.4',
      'x-prometheus-scrape-timeout-seconds': String(request.headers['x-prometheus-scrape-timeout-seconds']),
    };
    fetch(`${target}${request.url}`, { headers })
      .then(async (answer) => {
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(await answer.text());
      })
      .catch(() => response.destroy());
  });
}
