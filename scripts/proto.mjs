// Writes test/support/proto/*_pb.ts, the decoders of the tests, from the .proto files beside them:
// node scripts/proto.mjs <folder> [target] `folder` is where npm installed @bufbuild/buf and
// @bufbuild/protoc-gen-es; `npm run e2e` makes .cache/e2e/buf.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../test/support/proto/', import.meta.url));
const [folder, target = source] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node scripts/proto.mjs <folder with node_modules/@bufbuild> [target]\n');
  process.exit(2);
}
const tool = (name) => join(resolve(folder), 'node_modules', '@bufbuild', name, 'bin', name);
const template = {
  version: 'v2',
  plugins: [
    {
      local: [process.execPath, tool('protoc-gen-es')],
      out: resolve(target),
      // Objects in place of enums, as erasableSyntaxOnly of tsconfig.json wants.
      opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
    },
  ],
};
const args = [tool('buf'), 'generate', source, '--template', JSON.stringify(template)];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
process.exitCode = status ?? 1;
