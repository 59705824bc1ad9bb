// npm run package [-- --param="NAME=value" …]: writes all files of a deployment to dist/package/.
// It needs no network and no AWS credentials. The same checkout and parameters give the same bytes.
// - `*.zip`: the code of the functions, with the licenses of the packages in it
// - `*.cdx.json`: these packages, with name, version, license and hash (CycloneDX)
// - `cloudformation.json`: the stack of serverless.yml with the parameters, for a deployment
//   without osls
// - `SHA256SUMS`: the checksums of all these files
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// npm keeps options before -- for itself. Without this check, the package would have the defaults.
if (process.env.npm_config_param !== undefined) {
  process.stderr.write('Put -- before --param: npm run package -- --param="VCC_REGION=emea"\n');
  process.exit(2);
}

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = join(root, 'dist', 'package');
const packed = mkdtempSync(join(tmpdir(), 'vcc-exporter-package-'));

try {
  const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js');
  const args = [serverless, 'package', '--package', packed, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);

  const zips = ['deliver.zip', 'metrics.zip', 'push.zip'];
  const sumOf = (name) => [name, sha256(readFileSync(join(folder, name)))];
  const sums = zips.map(sumOf);
  const made = readFileSync(join(packed, 'cloudformation-template-update-stack.json'), 'utf8');
  const template = `${JSON.stringify(standAlone(JSON.parse(made), sums), undefined, 2)}\n`;
  writeFileSync(join(folder, 'cloudformation.json'), template);
  sums.push(['cloudformation.json', sha256(template)]);
  sums.push(...zips.map((name) => sumOf(name.replace('.zip', '.cdx.json'))));
  writeFileSync(join(folder, 'SHA256SUMS'), sums.map(([name, sum]) => `${sum}  ${name}\n`).join(''));
  process.stdout.write(`dist/package/: ${sums.map(([name]) => name).join(', ')}, SHA256SUMS\n`);
} finally {
  rmSync(packed, { recursive: true, force: true });
}

/**
 * Returns the template without the bucket of `serverless deploy`. Its parameters say where the code
 * is.
 */
function standAlone({ Resources, Outputs, ...rest }, sums) {
  const { ServerlessDeploymentBucket: _, ServerlessDeploymentBucketPolicy: __, ...resources } = Resources;
  const { ServerlessDeploymentBucketName: ___, ...outputs } = Outputs;
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const zip = Properties.Code.S3Key.split('/').at(-1);
    Properties.Code = { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { 'Fn::Sub': `\${CodePrefix}/${zip}` } };
  }
  const code = sha256(sums.join('\n')).slice(0, 16);
  return {
    ...rest,
    Parameters: {
      CodeBucket: { Type: 'String', Description: 'Bucket in the region of the stack that holds the zips' },
      CodePrefix: {
        Type: 'String',
        Default: `vcc-exporter/${code}`,
        Description: 'The part of the key before /metrics.zip. Change it for each version of the code',
      },
    },
    Resources: resources,
    Outputs: outputs,
  };
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
