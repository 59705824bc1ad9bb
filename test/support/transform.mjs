// Jest transformer: TypeScript to ES modules by the bundler we build with. Types are checked by
// tsc.
import { transformSync } from 'esbuild';

export default {
  process: (source, path) => {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node20',
      sourcemap: true,
      sourcefile: path,
    });
    return { code, map };
  },
};
