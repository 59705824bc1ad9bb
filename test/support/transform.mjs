// Jest transformer: TypeScript to ES modules with the bundler of our build. tsc checks types.
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
