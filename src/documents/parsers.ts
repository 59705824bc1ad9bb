// Imported only when there is a document to read, as one module of its own, so that bundles hold no more of the packages
// than this names.
export { FAILSAFE_SCHEMA, load, mergeTag, nullCoreTag, type YAMLException } from 'js-yaml';
export { default as papa } from 'papaparse';
