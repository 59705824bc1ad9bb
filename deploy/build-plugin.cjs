// Builds the zips before osls packages them, so that `serverless deploy` never sends old code.
// Copies the zips of the deployed functions to the folder that osls compares: without changes, it
// skips the deployment.
const { execFileSync } = require('node:child_process');
const { copyFileSync, mkdirSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');

const root = join(__dirname, '..');

// osls supports Node.js 20. The AWS SDK in it would warn at each command that later versions of the
// SDK will not.
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
