// Serves an account with series of single agents. Either scrapes share their reads, as usual, or
// each has its own exporter.
import { toAccount } from '../src/app/accounts.ts';
import { loadSettings } from '../src/config/load.ts';
import { createScraper } from '../src/scrape.ts';
import { listen } from '../src/serve/listen.ts';
import { createRoutes } from '../src/serve/routes.ts';

const [how = '', origin = ''] = process.argv.slice(2);
const account = toAccount(
  loadSettings({
    VCC_API_URL: origin,
    VCC_TOKEN_URL: `${origin}/token`,
    VCC_CLIENT_ID: 'bench',
    VCC_CLIENT_SECRET: 'bench',
    VCC_TIMEOUT: '300s',
    VCC_REQUEST_TIMEOUT: '300s',
    VCC_AGENT_METRICS: 'ids',
    VCC_AGENT_LIMIT: '1000000',
    VCC_AGENT_LOGGED_OUT: 'include',
  }),
);
const open = () => createRoutes({ scrapers: [createScraper(account)], log: () => {} });
const shared = open();
const server = await listen(
  (request, deadline) => (how === 'shared' ? shared : open())(request, deadline),
  '127.0.0.1',
  0,
);
process.send?.(server.url);
process.on('disconnect', () => process.exit(0));
