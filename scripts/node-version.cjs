// Checks the version of Node.js. The code must run in old versions.

/**
 * Returns the problem of a version of Node.js, or undefined. `engines` has the form in
 * package.json: `^20.19.0 || >=24.0.0`. The function uses nothing outside it, since
 * scripts/build.mjs copies it into the bundle of the command line.
 */
const problemOf = (version, engines) => {
  const numbers = (text) => text.split('.').map(Number);
  const [major, minor] = numbers(version);
  const ranges = engines.split(' || ').map((range) => {
    const [from, least] = numbers(range.replace(/^\D+/, ''));
    return { from, least, open: range[0] === '>' };
  });
  const fits = ({ from, least, open }) => (major === from && minor >= least) || (open && major > from);
  if (ranges.some(fits)) return undefined;
  const { from, least } = ranges.find((range) => range.from >= major);
  return `Node.js ${from}.${least} or later is required, and this is ${major}.${minor}`;
};

module.exports = { problemOf };
