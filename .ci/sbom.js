/**
 * The bill of materials (CycloneDX 1.5), on standard output: what is installed beside tokenctl, and what is inside its
 * bundle, as the build saw it. npm says it of the lock file; here the tools go out, and what npm takes for a tool but
 * ships is marked `cdx:npm:package:bundled`. The same tree gives the same bytes.
 *
 *   node .ci/sbom.js [tokenctl-0.1.0.tgz] > tokenctl.cdx.json      after `npm run build`; with the tarball, its checksum
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commitDate } from './commit-date.js'
import { REPORT_FILE } from './module-report.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const readJson = (...path) => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8'))

const { packages } = readJson('package-lock.json')
const isAbove = (path, file) => path !== '' && file.startsWith(`${path}/`)
const refOf = path => `${path.replace(/^.*node_modules\//, '')}@${packages[path].version}`

/** The packages, by their place in the lock file, of which code is in the bundles. */
function bundled() {
  const reports = [readJson('dist', REPORT_FILE), readJson('dist', 'library', REPORT_FILE)]
  const files = reports
    .flatMap(report => Object.values(report).flatMap(Object.entries))
    .filter(([, { bytes }]) => bytes > 0)
    // The few lines with which the bundler's chunks call each other.
    .map(([name]) => (name.startsWith('rolldown/') ? `node_modules/${name}` : name))
    .filter(name => name.includes('node_modules/'))
  const placeOf = file => Object.keys(packages).findLast(path => isAbove(path, file))
  return new Set(files.map(placeOf).map(refOf))
}

const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
  cwd: ROOT,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  maxBuffer: 64 * 1024 * 1024,
})
const { metadata, components, dependencies, serialNumber: _random, ...document } = JSON.parse(text)

const beside = new Set(
  Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path]) => refOf(path)),
)
const inside = bundled()
const ships = ref => beside.has(ref) || inside.has(ref)

const MARK = { name: 'cdx:npm:package:bundled', value: 'true' }
const shipped = components
  .filter(component => ships(component['bom-ref']))
  .map(component =>
    inside.has(component['bom-ref']) ? { ...component, scope: 'required', properties: [MARK] } : component,
  )

const root = metadata.component['bom-ref']
const tarball = process.argv[2]
const hashes = tarball && [
  { alg: 'SHA-512', content: createHash('sha512').update(readFileSync(tarball)).digest('hex') },
]
const bill = {
  ...document,
  metadata: {
    timestamp: commitDate().toISOString(),
    lifecycles: [{ phase: 'build' }],
    // npm takes the name of the folder.
    component: { ...metadata.component, type: 'application', name: 'tokenctl', ...(hashes && { hashes }) },
  },
  components: shipped,
  dependencies: dependencies
    .filter(({ ref }) => ref === root || ships(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(ships) })),
}

/** What npm draws at random is made of what the bill says: it is the same bill. */
const sum = createHash('sha256').update(JSON.stringify(bill)).digest('hex')
const uuid = sum.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5')
process.stdout.write(`${JSON.stringify({ ...bill, serialNumber: `urn:uuid:${uuid}` }, null, 2)}\n`)
