// node package-stacks.mjs FOLDER: does the work of `serverless package`, once for each list of
// parameters in the JSON on stdin. Writes to FOLDER/0, FOLDER/1, … One process for all: osls needs
// a second to load and a tenth of one to package. The zips must be in dist already.
// test/deploy/template.test.ts compares a result with that of the command.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);
const osls = (name) => require(`serverless/lib/${name}.js`);

// Without it, osls does not print errors.
osls('utils/serverless-utils/log-reporters/node');
const Serverless = osls('serverless');
const readConfiguration = osls('configuration/read');
const resolveMeta = osls('configuration/variables/resolve-meta');
const resolveVariables = osls('configuration/variables/resolve');
const sources = Object.fromEntries(
  ['env', 'file', 'opt'].map((name) => [name, osls(`configuration/variables/sources/${name}`)]),
);

/** The configuration in serverless.yml, with all variables resolved. */
async function configurationWith(options) {
  const configuration = await readConfiguration(join(root, 'serverless.yml'));
  const variablesMeta = resolveMeta(configuration);
  const fulfilledSources = new Set(Object.keys(sources));
  const given = { serviceDir: root, configuration, variablesMeta, sources, options, fulfilledSources };
  await resolveVariables(given);
  const unresolved = [...variablesMeta].map(([path, { error }]) => `${path}: ${error?.message}`);
  if (unresolved.length > 0) throw new Error(unresolved.join('\n'));
  // The plugin would build the zips again, each time.
  delete configuration.plugins;
  for (const { package: packed } of Object.values(configuration.functions)) {
    packed.artifact = packed.artifact.replace('.serverless', 'dist/package');
  }
  return configuration;
}

const [folder] = process.argv.slice(2);
process.chdir(root);
for (const [index, param] of JSON.parse(await text(process.stdin)).entries()) {
  const options = { package: join(folder, String(index)), param };
  const serverless = new Serverless({
    configuration: await configurationWith(options),
    configurationFilename: 'serverless.yml',
    serviceDir: root,
    commands: ['package'],
    options,
  });
  await serverless.init();
  await serverless.run();
}
