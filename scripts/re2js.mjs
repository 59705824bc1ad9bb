// Replaces re2js in the bundles of handlers. It loads the real one when a setting has a regular
// expression, since re2js is as large as the rest of a handler. It uses require, since settings are
// read synchronously.
import { createRequire } from 'node:module';

let loaded;
export const RE2JS = {
  DOTALL: 2,
  compile: (...args) => {
    loaded ??= createRequire(import.meta.url)('./re2.cjs');
    return loaded.RE2JS.compile(...args);
  },
};
