// The simulator in its own process. bench/scale.ts starts it with its options, and receives its
// address.
import { type SimulatorOptions, startSimulator } from '../src/simulator/server.ts';

const options = JSON.parse(process.argv[2]!) as SimulatorOptions;
const simulator = await startSimulator(options);
// Make the pages now. Otherwise the first request makes them, during a measurement.
for (const account of simulator.accounts) account.items();
process.send!(
  simulator.accounts.map(({ name, clientId, clientSecret }) => ({
    name,
    client_id: clientId,
    client_secret: clientSecret,
    token_url: simulator.tokenUrl,
    api_url: simulator.apiUrl,
  })),
);
process.once('disconnect', () => process.exit());
