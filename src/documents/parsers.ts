// Imported only when there is a document to parse. It is a separate module, so that bundles contain
// only these parts of the packages.
export { FAILSAFE_SCHEMA, load, mergeTag, nullCoreTag } from 'js-yaml';
export { default as papa } from 'papaparse';
export { describeYamlError } from './yaml-error.ts';
