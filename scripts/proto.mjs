// node scripts/proto.mjs <folder> [target]: writes the decoders of the tests,
// test/support/proto/*_pb.ts, from the .proto files next to them. `folder` is where @bufbuild/buf
// and @bufbuild/protoc-gen-es are installed. `npm run e2e` creates it: .cache/e2e/buf.
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
      // Objects instead of enums, as erasableSyntaxOnly in tsconfig.json requires.
      opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
    },
  ],
};
const args = [tool('buf'), 'generate', source, '--template', JSON.stringify(template)];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
process.exitCode = status ?? 1;
