/** The names of what is stored, read off a folder: the two stores', nothing of anything else, and no error whatever is there. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { restFar, stateFolder, storedNames } from '../../../src/cli/completion/stored-names.ts'
import type { LocalStoreName } from '../../../src/vault/choices.ts'
import { STORE_FOLDERS } from '../../../src/vault/open-store.ts'
import { fileName, type RecordFileKind, SEALED } from '../../../src/vault/record-file.ts'
import { hasProgram } from '../../support/needed-program.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const KINDS: Readonly<Record<LocalStoreName, RecordFileKind>> = {
  file: SEALED,
  keychain: { format: 'tokenctl-header', extension: '.header' },
}

let state = ''
beforeEach(() => {
  state = temporaryHome()
})

/** A vault's folder with empty files for these keys. */
function stored(
  store: LocalStoreName,
  keys: readonly string[],
  mark: string = JSON.stringify({ store }),
): void {
  const folder = join(state, STORE_FOLDERS[store])
  mkdirSync(folder)
  for (const key of keys) writeFileSync(join(folder, fileName(key, KINDS[store])), '')
  writeFileSync(join(state, 'vault.json'), mark)
}

const names = () => storedNames(state).map(({ kind, marketplace, name }) => `${kind}/${marketplace}:${name}`)

describe.each(['file', 'keychain'] as const)('the %s store', store => {
  test('every record once, in order, by the names that the vault gives its files', () => {
    const keys = ['account/ebay:outlet', 'app/ebay:default', 'account/amazon:a-1', 'channel/notice:pager']
    stored(store, [...keys, 'account/ebay:outlet#2.0', 'account/ebay:outlet#2.1'])
    expect(names()).toEqual([
      'account/amazon:a-1',
      'app/ebay:default',
      'account/ebay:outlet',
      'channel/notice:pager',
    ])
  })

  test('a file of another kind is none', () => {
    stored(store, ['account/ebay:main'])
    const folder = join(state, STORE_FOLDERS[store])
    for (const strange of [
      'account.ebay.Main.sealed',
      '.account.ebay.x.header',
      'account.ebay.x.bak',
      `account.ebay.-rf${KINDS[store].extension}`,
      `account.-rf.x${KINDS[store].extension}`,
      `account.ebay.${'a'.repeat(64)}${KINDS[store].extension}`,
      'note',
    ])
      writeFileSync(join(folder, strange), '')
    expect(names()).toEqual(['account/ebay:main'])
  })
})

test('records of the other store are not those', () => {
  stored('file', ['account/ebay:main'])
  mkdirSync(join(state, 'headers'))
  writeFileSync(join(state, 'headers', 'account.ebay.old.header'), '')
  expect(names()).toEqual(['account/ebay:main'])
})

describe('what cannot be read holds no names, and is no error', () => {
  test.each(['', '{', 'null', '[]', '{"store":"postgres"}', `{"store":"file"}${' '.repeat(20_000)}`])(
    'a mark that is %j',
    mark => {
      stored('file', ['account/ebay:main'], mark)
      expect(names()).toEqual([])
    },
  )

  test('no folder, a file for a folder, a mark without its folder', () => {
    expect(storedNames('/nonexistent')).toEqual([])
    expect(storedNames(process.execPath)).toEqual([])
    writeFileSync(join(state, 'vault.json'), '{"store":"file"}')
    expect(names()).toEqual([])
    writeFileSync(join(state, 'records'), '')
    expect(names()).toEqual([])
  })

  test.skipIf(!hasProgram('mkfifo'))('a pipe in the place of the mark: it is not waited for', async () => {
    const { execFileSync } = await import('node:child_process')
    execFileSync('mkfifo', [join(state, 'pipe')])
    symlinkSync('pipe', join(state, 'vault.json'))
    expect(names()).toEqual([])
  })
})

test('a fleet has names, and none of them is here', () => {
  for (const [mark, isFar] of [
    ['{"store":"postgres"}', true],
    ['{"store":"file"}', false],
    ['{', false],
  ] as const) {
    writeFileSync(join(state, 'vault.json'), mark)
    expect(restFar(state)).toBe(isFar)
  }
  expect(restFar('/nonexistent')).toBe(false)
})

describe('the state folder is the one that every command uses', () => {
  const platform = process.platform
  afterEach(() => {
    Object.defineProperty(process, 'platform', { value: platform })
    vi.resetModules()
  })

  test.each<[NodeJS.Platform, Record<string, string>]>([
    ['linux', {}],
    ['linux', { XDG_DATA_HOME: '/data' }],
    ['linux', { XDG_DATA_HOME: '' }],
    ['linux', { TOKENCTL_HOME: '/home/of/it' }],
    ['linux', { TOKENCTL_HOME: 'relative' }],
    ['linux', { TOKENCTL_HOME: '' }],
    ['darwin', {}],
    ['win32', {}],
    ['win32', { LOCALAPPDATA: '/local' }],
  ])('%s, %j', async (system, env) => {
    for (const name of ['XDG_DATA_HOME', 'LOCALAPPDATA']) vi.stubEnv(name, env[name])
    Object.defineProperty(process, 'platform', { value: system })
    vi.resetModules()
    const { foldersOf } = await import('../../../src/platform/folders.ts')
    expect(stateFolder(env, system)).toBe(foldersOf(env).state)
    vi.unstubAllEnvs()
  })
})
