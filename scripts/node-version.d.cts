/** What is wrong with a version of Node.js, or undefined; `engines` is that of package.json. */
export function problemOf(version: string, engines: string): string | undefined;
