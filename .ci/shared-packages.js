/**
 * Packages that the command line and the library both load at their first use, and that weigh more than all of our own: each
 * is bundled once, as CommonJS for the command line's sake, and the library requires the same file.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const SHARED = ['age-encryption', 'inquirer', 'nodemailer', 'undici']

const require = createRequire(import.meta.url)
const DIST = new URL('../dist/', import.meta.url)

/** Entries for the command line's bundle, by the names of their files: `dist/shared/undici.cjs`. */
export const SHARED_ENTRIES = Object.fromEntries(SHARED.map(name => [`shared/${name}`, name]))

/**
 * A rolldown plugin for the library's bundle, which is made after the other: in the place of such a package, its file there.
 * What that exports is passed on by name, since ES modules are asked for names.
 *
 * @returns {import('rolldown').Plugin}
 */
export function sharedPackages() {
  const prefix = '\0shared/'
  return {
    name: 'shared-packages',
    resolveId: id => (SHARED.includes(id) ? `${prefix}${id}` : null),
    load: id => (id.startsWith(prefix) ? passingOn(`shared/${id.slice(prefix.length)}.cjs`) : null),
  }
}

function passingOn(file) {
  const { default: whole, ...named } = require(fileURLToPath(new URL(file, DIST)))
  // A CommonJS package has no names but those of its one object.
  const [place, names] =
    Object.keys(named).length > 0 ? ['', Object.keys(named)] : ['.default', Object.keys(whole)]
  return `import { createRequire } from 'node:module'
const whole = createRequire(import.meta.url)('../${file}')${place}
export const { ${names.join(', ')} } = whole
`
}
