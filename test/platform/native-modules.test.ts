/** Packages with native code, tried for real: those that are here, and ones that are missing, damaged or never end. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { nativeModules } from '../../src/platform/native-modules.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A folder with a bundle's place in it, beside which these packages are installed. */
function installed(packages: Readonly<Record<string, string>>): string {
  const home = temporaryHome()
  for (const [name, source] of Object.entries(packages)) {
    const folder = join(home, 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'index.js'), source)
  }
  return home
}

test('both load here, each from the file whose digest is told', async () => {
  const found = await nativeModules(join(ROOT, 'dist'))
  expect(found.map(({ name, why }) => ({ name, why }))).toEqual([
    { name: '@napi-rs/keyring', why: null },
    { name: 'fs-native-extensions', why: null },
  ])
  for (const { path, sha256 } of found) {
    expect(path).toMatch(/\.node$/)
    expect(
      createHash('sha256')
        .update(readFileSync(path ?? ''))
        .digest('hex'),
    ).toBe(sha256)
  }
})

test('a package that is not there', async () => {
  const found = await nativeModules(temporaryHome())
  expect(found.map(({ why, path }) => [why, path])).toEqual([
    ['MODULE_NOT_FOUND', null],
    ['MODULE_NOT_FOUND', null],
  ])
})

test('a damaged native file, one that takes the process down, and words that are no code', async () => {
  const home = installed({
    '@napi-rs/keyring': "process.kill(process.pid, 'SIGSEGV')",
    'fs-native-extensions': "require('./damaged.node')",
  })
  writeFileSync(join(home, 'node_modules', 'fs-native-extensions', 'damaged.node'), 'no code')
  expect((await nativeModules(home)).map(({ why }) => why)).toEqual(['SIGSEGV', 'ERR_DLOPEN_FAILED'])
  const other = installed({ '@napi-rs/keyring': "throw Object.assign(new Error('x'), { code: 'a secret' })" })
  expect((await nativeModules(other))[0]?.why).toBe('unknown error')
})
