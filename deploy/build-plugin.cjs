// Builds the zips before they are packaged, so that `serverless deploy` never sends yesterday's
// code, and puts those in use where osls looks for changes: a deployment that would change nothing
// is skipped.
const { execFileSync } = require('node:child_process');
const { copyFileSync, mkdirSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');

const root = join(__dirname, '..');

// osls works with Node.js 20; the AWS SDK in it would say at each command that its next year's
// versions will not.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

module.exports = class BuildPlugin {
  constructor(serverless) {
    this.hooks = {
      'before:package:initialize': () => {
        execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
        for (const { package: packed } of Object.values(serverless.service.functions)) {
          const artifact = join(root, packed.artifact);
          mkdirSync(dirname(artifact), { recursive: true });
          copyFileSync(join(root, 'dist', 'package', basename(artifact)), artifact);
        }
      },
    };
  }
};
