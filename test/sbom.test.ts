/** The bill of materials: valid, and equal to what the lock file installs and the build bundled. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { beforeAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const SCHEMAS = join(ROOT, 'node_modules', '@cyclonedx', 'cyclonedx-library', 'res', 'schema')

interface Component {
  readonly name: string
  readonly version: string
  readonly scope: string
  readonly properties: readonly { readonly name: string; readonly value: string }[]
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses: readonly unknown[]
}

interface LockEntry {
  readonly version: string
  readonly integrity: string
  readonly dev?: boolean
  readonly optional?: boolean
}

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8')
const make = () => execFileSync(process.execPath, [join(ROOT, '.ci', 'sbom.js')], { encoding: 'utf8' })
const nameOf = (path: string) => path.replace(/^.*node_modules\//, '')
const sorted = (words: Iterable<string>) => [...new Set(words)].sort()

const locked = Object.entries<LockEntry>(JSON.parse(read('package-lock.json')).packages)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ ...entry, title: `${nameOf(path)}@${entry.version}` }))

let text = ''
let components: readonly (Component & { readonly title: string })[] = []

beforeAll(() => {
  text = make()
  const listed: readonly Component[] = JSON.parse(text).components
  components = listed.map(each => ({ ...each, title: `${each.name}@${each.version}` }))
})

const isBundled = ({ properties }: Component) =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:bundled' && value === 'true')

test('is valid by the schema of CycloneDX', () => {
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats(ajv)
  // Of these ajv knows none; what they stand at is no address of ours.
  for (const name of ['iri-reference', 'idn-email']) ajv.addFormat(name, true)
  for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'])
    ajv.addSchema(
      JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8')),
      `http://cyclonedx.org/schema/${name}`,
    )
  const isValid = ajv.compile(JSON.parse(readFileSync(join(SCHEMAS, 'bom-1.5.SNAPSHOT.schema.json'), 'utf8')))
  expect(isValid(JSON.parse(text)), JSON.stringify(isValid.errors)).toBe(true)
  expect(isValid({ ...JSON.parse(text), components: [{ name: 'no type' }] })).toBe(false)
})

test('lists what is installed beside tokenctl, as the lock file has it', () => {
  const beside = components.filter(each => !isBundled(each))
  expect(sorted(beside.map(({ title }) => title))).toEqual(
    sorted(locked.filter(({ dev }) => dev !== true).map(({ title }) => title)),
  )
})

test('lists what is inside the bundles, as their licences do', () => {
  const notices = [
    read('dist', 'THIRD-PARTY-NOTICES.txt'),
    read('dist', 'library', 'THIRD-PARTY-NOTICES.txt'),
  ]
  const titles = notices.flatMap(each =>
    [...each.matchAll(/^ {2}(\S+) (\S+) \(.+\)$/gm)].map(match => `${match[1]}@${match[2]}`),
  )
  expect(titles).not.toEqual([])
  expect(sorted(components.filter(isBundled).map(({ title }) => title))).toEqual(sorted(titles))
})

test('every component has its checksum of the lock file, and a licence; no tool is among them', () => {
  for (const { title, hashes = [], licenses } of components) {
    const entries = locked.filter(each => each.title === title)
    const sums = entries.map(({ integrity }) =>
      Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex'),
    )
    expect(sums, title).toContain(hashes.find(({ alg }) => alg === 'SHA-512')?.content)
    expect(licenses, title).not.toEqual([])
  }
  const names = components.map(({ name }) => name)
  expect(names).not.toContain('vitest')
  expect(names).not.toContain('typescript')
})

test('the same tree has the same bill', () => {
  expect(make()).toBe(text)
})
