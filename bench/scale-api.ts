// The simulator in a process of its own: bench/scale.ts forks it with its options and is sent how
// to reach it.
import { type SimulatorOptions, startSimulator } from '../src/simulator/server.ts';

const options = JSON.parse(process.argv[2]!) as SimulatorOptions;
const simulator = await startSimulator(options);
// Made at their first use otherwise, in the midst of a measurement.
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
