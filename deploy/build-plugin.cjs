// Builds the bundles and zips before they are packaged, so that `serverless deploy` never sends yesterday's code.
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');

module.exports = class BuildPlugin {
  hooks = {
    'before:package:initialize': () =>
      execFileSync(process.execPath, [join(__dirname, '..', 'scripts', 'build.mjs')], { stdio: 'inherit' }),
  };
};
