// npm run package [-- --param="NAME=value" …]: all that a deployment needs, in dist/package/, without a network or AWS
// credentials. The same checkout and parameters give the same bytes.
//   *.zip                    the code of the functions
//   cloudformation.json      the stack as serverless.yml and the parameters make it; the zips at the keys that it names
//   SHA256SUMS               of these
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = join(root, 'dist', 'package');
const made = mkdtempSync(join(tmpdir(), 'vcc-exporter-package-'));

try {
  const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js');
  const args = [serverless, 'package', '--package', made, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);

  const sums = ['deliver.zip', 'metrics.zip', 'push.zip'].map((name) => [
    name,
    sha256(readFileSync(join(folder, name))),
  ]);
  const keys = Object.fromEntries(
    sums.map(([name, sum]) => [name, `vcc-exporter/${sum.slice(0, 16)}/${name}`]),
  );
  // osls makes the keys of the time; of the content they are the same for the same code.
  const template = readFileSync(join(made, 'cloudformation-template-update-stack.json'), 'utf8').replace(
    /"S3Key": "[^"]*\/([\w-]+\.zip)"/g,
    (_, name) => `"S3Key": ${JSON.stringify(keys[name])}`,
  );
  writeFileSync(join(folder, 'cloudformation.json'), template);
  sums.push(['cloudformation.json', sha256(template)]);
  writeFileSync(join(folder, 'SHA256SUMS'), sums.map(([name, sum]) => `${sum}  ${name}\n`).join(''));
  process.stdout.write(`dist/package/: ${sums.map(([name]) => name).join(', ')}, SHA256SUMS\n`);
} finally {
  rmSync(made, { recursive: true, force: true });
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
