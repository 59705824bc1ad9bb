import type { Build } from './catalogue/metric.ts';

declare const BUILD_VERSION: string | undefined;
declare const BUILD_REVISION: string | undefined;
declare const BUILD_HOMEPAGE: string | undefined;

/**
 * The version, revision and Node.js version of this build. The bundler inserts the first two, so
 * that no file is read at the start.
 */
export const build: Build = {
  version: typeof BUILD_VERSION === 'undefined' ? 'dev' : BUILD_VERSION,
  revision: typeof BUILD_REVISION === 'undefined' ? 'unknown' : BUILD_REVISION,
  nodejs: process.version,
};

/**
 * The address of the documentation. The bundler inserts it from package.json. Undefined when
 * running from source.
 */
export const homepage = typeof BUILD_HOMEPAGE === 'undefined' ? undefined : BUILD_HOMEPAGE;
