// Which Node.js is needed. In the words of old ones: it is what they run first.

/**
 * What is wrong with a version of Node.js, or undefined. `engines` is that of package.json:
 * `^20.19.0 || >=24.0.0`. Uses nothing from outside, since scripts/build.mjs writes it into the
 * bundle of the command line too.
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
  return `Node.js ${from}.${least} or later is needed, this is ${major}.${minor}`;
};

module.exports = { problemOf };
