// Finds the packages in the shipped files, as esbuild reports them. Their licenses must be allowed,
// and the texts of the licenses are shipped too.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const { name, version, license } = json('package.json');
const locked = json('package-lock.json').packages;

/**
 * Licenses that allow a program under MIT to contain the package, if the text of the license is
 * shipped.
 */
const allowed = /^\(?(MIT|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0)( AND (BSD-3-Clause))?\)?$/;

/**
 * License texts for packages without one: from a package of the same repository and author, or from
 * this folder.
 */
const elsewhere = {
  '@bufbuild/protobuf': 'scripts/licenses/bufbuild-protobuf.txt',
  'proxy-agent-negotiate': 'node_modules/agent-base/LICENSE',
};

/**
 * Returns the packages with code in these outputs, by name: `{ name, version, license, integrity,
 * text }`. Throws if the lock file has another version, or if the license is not allowed or has no
 * text.
 */
export function packagesIn(outputs, lockedPackages = locked) {
  const files = outputs.flatMap(({ inputs }) =>
    Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0),
  );
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].toSorted().map((folder) => {
    const { name, version, license } = json(join(folder, 'package.json'));
    // If the package is a link, the folder is elsewhere.
    const lock = lockedPackages[folder.slice(folder.indexOf('node_modules/'))];
    if (lock === undefined || lock.version !== version.replace(/^v/, '')) {
      throw new Error(
        `${folder}: expected the version of package-lock.json, ${lock?.version}; found ${version}. Run npm ci.`,
      );
    }
    if (!allowed.test(license))
      throw new Error(
        `${folder}: the license ${license} is not in the list of allowed licenses in scripts/bundled.mjs`,
      );
    const own = readdirSync(join(root, folder)).find((file) => /^licen[cs]e/i.test(file));
    const path = own === undefined ? elsewhere[name] : join(folder, own);
    if (path === undefined)
      throw new Error(`${folder}: contains no license text; add a path to it in scripts/bundled.mjs`);
    const text = readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n').trim();
    return { name, version: lock.version, license, integrity: lock.integrity, text };
  });
}

/** Returns the license texts of these packages and of the exporter, which must be in every copy. */
export function toLicenses(packages) {
  const own = { name, version, license, text: readFileSync(join(root, 'LICENSE'), 'utf8').trim() };
  return [own, ...packages]
    .map((each) => `${each.name} ${each.version}, ${each.license}\n\n${each.text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/**
 * Returns a software bill of materials of the file `shipped` in CycloneDX 1.5. It has no time or
 * serial number, so that the bytes stay the same.
 */
export function toSbom(shipped, packages) {
  const purl = (of, its) => `pkg:npm/${of.replace('@', '%40')}@${its}`;
  const component = (type, each) => ({
    'bom-ref': purl(each.name, each.version),
    type,
    name: each.name,
    version: each.version,
    purl: purl(each.name, each.version),
    licenses: /[ (]/.test(each.license)
      ? [{ expression: each.license.replace(/^\((.*)\)$/, '$1') }]
      : [{ license: { id: each.license } }],
  });
  const hashes = ({ integrity }) => [
    { alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') },
  ];
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: { ...component('application', { name, version, license }), description: shipped },
    },
    components: packages.map((each) => ({ ...component('library', each), hashes: hashes(each) })),
  };
}
