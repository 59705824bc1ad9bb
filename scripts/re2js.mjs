// What the bundles of handlers take for re2js: loaded when a setting holds a regular expression,
// since it is as large as all else that a handler loads. By require, since settings are read
// without waiting.
import { createRequire } from 'node:module';

let loaded;
export const RE2JS = {
  DOTALL: 2,
  compile: (...args) => {
    loaded ??= createRequire(import.meta.url)('./re2.cjs');
    return loaded.RE2JS.compile(...args);
  },
};
