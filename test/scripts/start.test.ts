import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));

test.each([
  ['npm start --port 9803', ['9803'], { npm_config_port: 'true' }],
  ['npm start --port=9803', [], { npm_config_port: '9803' }],
  ['npm start --demo', [], { npm_config_demo: 'true' }],
  ['npm start 9803', ['9803'], {}],
])('%s says where options go', (_, args, settings) => {
  const { npm_config_port, npm_config_host, npm_config_demo, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { ...env, ...settings },
  });
  expect(stderr).toBe('npm start: options must follow --, as in: npm start -- --port 9800\n');
  expect(status).toBe(2);
});
