import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { describeWith } from './support/parts.ts';

const script = fileURLToPath(new URL('../../scripts/proto.mjs', import.meta.url));
const committed = fileURLToPath(new URL('../support/proto/', import.meta.url));

/** The generated files of a folder, name to text. */
const generatedIn = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith('_pb.ts'))
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );

describeWith(['buf'], 'the protobuf decoders of the tests', ({ buf }) => {
  test('are what scripts/proto.mjs writes, one for each .proto file', () => {
    const target = mkdtempSync(join(tmpdir(), 'vcc-e2e-proto-'));
    try {
      const args = [script, buf.folder, target];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const sources = readdirSync(committed).filter((file) => file.endsWith('.proto'));
      const fresh = generatedIn(target);
      expect(Object.keys(fresh)).toEqual(sources.map((file) => file.replace(/\.proto$/, '_pb.ts')));
      expect(generatedIn(committed)).toEqual(fresh);
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  });
});
