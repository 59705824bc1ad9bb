import type { Build } from './catalogue/metric.ts';

declare const BUILD_VERSION: string | undefined;
declare const BUILD_REVISION: string | undefined;
declare const BUILD_HOMEPAGE: string | undefined;

/** This build; the first two are put in by the bundler, so that no file is read at start. */
export const build: Build = {
  version: typeof BUILD_VERSION === 'undefined' ? 'dev' : BUILD_VERSION,
  revision: typeof BUILD_REVISION === 'undefined' ? 'unknown' : BUILD_REVISION,
  nodejs: process.version,
};

/** Where the documentation is: the package's homepage, put in by the bundler; undefined when the sources run. */
export const homepage = typeof BUILD_HOMEPAGE === 'undefined' ? undefined : BUILD_HOMEPAGE;
