/** The build's notices: what is bundled is named with its licence, what is not is not, and a bad licence ends the build. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { afterEach, expect, test } from 'vitest'

interface NoticesModule {
  readonly NOTICES_FILE: string
  thirdPartyNotices(options?: { readonly runtime?: string }): Plugin
}

// Plain JavaScript without types, and no part of the program: named by its address, so that the compiler lets it be.
const address = new URL('../.ci/third-party-notices.js', import.meta.url).href
const { NOTICES_FILE, thirdPartyNotices }: NoticesModule = await import(address)

interface FakePackage {
  readonly licence?: string
  readonly files?: Readonly<Record<string, string>>
}

const MIT: FakePackage = { licence: 'MIT', files: { LICENSE: 'Permission, once.\r\n' } }

let folder: string | undefined

afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true })
  folder = undefined
})

/** Bundles an entry over made-up packages; the text of the notices. */
async function bundle(entry: string, packages: Readonly<Record<string, FakePackage>>): Promise<string> {
  folder = mkdtempSync(join(tmpdir(), 'notices-'))
  writeFileSync(join(folder, 'main.js'), entry)
  for (const [name, { licence, files }] of Object.entries(packages)) {
    const place = join(folder, 'node_modules', name)
    mkdirSync(place, { recursive: true })
    const manifest = { name, version: '1.2.3', type: 'module', exports: './index.js', license: licence }
    writeFileSync(join(place, 'package.json'), JSON.stringify(manifest))
    const said = JSON.stringify(`I am ${name}`)
    writeFileSync(join(place, 'index.js'), `export const word = ${said}\nexport const other = ${said}\n`)
    for (const [file, text] of Object.entries(files ?? {})) writeFileSync(join(place, file), text)
  }
  const build = await rolldown({
    input: join(folder, 'main.js'),
    cwd: folder,
    platform: 'node',
    plugins: [thirdPartyNotices()],
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'cjs' })
  const notices = output.find(({ fileName }) => fileName === NOTICES_FILE)
  return notices?.type === 'asset' ? String(notices.source) : ''
}

const uses = (...names: string[]) =>
  names
    .map(
      name =>
        `import { word as w${names.indexOf(name)} } from '${name}'\nconsole.log(w${names.indexOf(name)})`,
    )
    .join('\n')

test('names each bundled package once, in order, with its licence in full', async () => {
  const text = await bundle(uses('beta', '@a/alpha'), { beta: MIT, '@a/alpha': MIT })
  expect(text).toContain('\n  @a/alpha 1.2.3 (MIT)\n  beta 1.2.3 (MIT)\n')
  expect(text.match(/^Permission, once\.$/gm)).toHaveLength(2)
  expect(text).not.toContain('\r')
})

test('does not name what is installed, or imported, but not in the bundle', async () => {
  const text = await bundle(`${uses('beta')}\nimport { word } from 'unused'`, {
    beta: MIT,
    unused: MIT,
    idle: MIT,
  })
  expect(text).toContain('beta 1.2.3')
  expect(text).not.toMatch(/unused|idle/)
})

test('carries a NOTICE along', async () => {
  const files = { 'LICENSE.md': 'Apache text', 'NOTICE.txt': 'Made by somebody' }
  const text = await bundle(uses('beta'), { beta: { licence: 'Apache-2.0', files } })
  expect(text).toContain('Apache text\n\nMade by somebody')
})

test.each(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '(MIT OR CC0-1.0)', 'GPL-3.0 OR MIT'])(
  'lets %s pass',
  async licence => {
    expect(await bundle(uses('beta'), { beta: { ...MIT, licence } })).toContain(`beta 1.2.3 (${licence})`)
  },
)

test.each([
  ['a licence that asks for more', { ...MIT, licence: 'GPL-3.0' }, 'beta 1.2.3: GPL-3.0'],
  ['two licences at once', { ...MIT, licence: 'MIT AND GPL-3.0' }, 'beta 1.2.3: MIT AND GPL-3.0'],
  ['no licence named', { files: { LICENSE: 'text' } }, 'beta 1.2.3: no licence is named'],
  ['no licence text', { licence: 'MIT' }, 'beta 1.2.3: no licence text'],
  ['an empty licence text', { licence: 'MIT', files: { LICENSE: ' \n' } }, 'beta 1.2.3: no licence text'],
] satisfies readonly (readonly [string, FakePackage, string])[])(
  '%s ends the build',
  async (_, beta, words) => {
    await expect(bundle(uses('beta'), { beta })).rejects.toThrow(words)
  },
)
