/**
 * Puts together what goes into an image: packages as built, their production dependencies, and nothing that a running
 * program never opens.
 *
 *   node assemble.js FOLDER NAME PACKAGE…      as in: node assemble.js /out/app gateway shared gateway
 *
 * Called in the folder of the project, after `npm ci --omit=dev` and the build.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [folder, name, ...packages] = process.argv.slice(2);
if (folder === undefined || name === undefined || packages.length === 0) {
  process.stderr.write('Usage: node assemble.js FOLDER NAME PACKAGE…\n');
  process.exit(2);
}

/** Files of any package that are for compilers, debuggers and readers. Licences stay, they are owed to the authors. */
const unusedFile = /(\.[cm]?ts|\.map|\.md|\.markdown|\.tsbuildinfo|\.gyp|\.gypi|\.cc|\.h|\.min\.js)$/i;
const licence = /licen[cs]e|notice|copying/i;
/** Folders of dependencies: sources, and libraries built for other machines than this. */
const unusedFolder = [
  /\/classic-level\/deps$/,
  /\/zod\/src$/,
  /\/(test|tests|examples|benchmarks|\.github)$/,
  // node-gyp-build looks for one folder, named after the platform and the processor.
  new RegExp(`/prebuilds/(?!${process.platform}-${process.arch}$)[^/]+$`),
];

mkdirSync(join(folder, 'packages'), { recursive: true });
copy('LICENSE', folder);
copy('node_modules', folder);
for (const each of packages) {
  const from = join('packages', each);
  for (const part of ['bin', 'dist', 'node_modules']) {
    copy(join(from, part), folder);
  }
  // `npm sbom` looks at what is installed, and would miss what only development needs.
  const { devDependencies: _, ...manifest } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  writeFileSync(join(folder, from, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
const { version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
const workspaces = packages.map((each) => `packages/${each}`);
const application = { name: `sensorsim-${name}-image`, version, license, private: true, workspaces };
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(application, undefined, 2)}\n`);
prune(folder);

/** @param {string} path @param {string} into */
function copy(path, into) {
  if (existsSync(path)) {
    cpSync(path, join(into, path), { recursive: true, verbatimSymlinks: true });
  }
}

/** @param {string} path */
function prune(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    const seen = `/${relative(folder ?? '', child)}`;
    if (entry.isDirectory()) {
      if (seen.includes('/node_modules/') && unusedFolder.some((pattern) => pattern.test(seen))) {
        rmSync(child, { recursive: true });
      } else {
        prune(child);
      }
    } else if (entry.isFile() && unusedFile.test(entry.name) && !licence.test(entry.name)) {
      rmSync(child);
    }
  }
}
