import { homedir, userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { foldersOf, userLocksFolder } from '../../src/platform/folders.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('TOKENCTL_HOME', () => {
  test('moves settings and state together', () => {
    expect(foldersOf({ TOKENCTL_HOME: '/srv/tokenctl' })).toEqual({
      settings: '/srv/tokenctl',
      state: '/srv/tokenctl/state',
    })
  })

  test.each(['here', './here', '../here', '.', 'a b'])('%j counts from the working folder', home => {
    expect(foldersOf({ TOKENCTL_HOME: home })).toEqual({
      settings: resolve(home),
      state: join(resolve(home), 'state'),
    })
  })

  test.each([
    ['/srv//tokenctl/', '/srv/tokenctl'],
    ['/srv/x/../tokenctl', '/srv/tokenctl'],
  ])('%j is made plain', (home, settings) => {
    expect(foldersOf({ TOKENCTL_HOME: home }).settings).toBe(settings)
  })
})

describe("without it, the platform's own folders", () => {
  test.each([[{}], [{ TOKENCTL_HOME: '' }], [{ TOKENCTL_HOME: undefined }]])('for %j', env => {
    const { settings, state } = foldersOf(env)
    expect(isAbsolute(settings)).toBe(true)
    expect(isAbsolute(state)).toBe(true)
    expect(settings).not.toBe(state)
    expect(settings).toContain('tokenctl')
    expect(settings).not.toContain('nodejs')
  })

  test.runIf(process.platform === 'linux')('are those of the XDG base directories', () => {
    vi.stubEnv('XDG_CONFIG_HOME', '/x/config')
    vi.stubEnv('XDG_DATA_HOME', '/x/data')
    expect(foldersOf({})).toEqual({ settings: '/x/config/tokenctl', state: '/x/data/tokenctl' })
    vi.stubEnv('XDG_CONFIG_HOME', undefined)
    vi.stubEnv('XDG_DATA_HOME', undefined)
    expect(foldersOf({})).toEqual({
      settings: join(homedir(), '.config/tokenctl'),
      state: join(homedir(), '.local/share/tokenctl'),
    })
  })
})

describe("the folder of the user's own locks", () => {
  test.each<[NodeJS.Platform, string]>([
    ['linux', '.local/state/tokenctl/locks'],
    ['freebsd', '.local/state/tokenctl/locks'],
    ['darwin', 'Library/Application Support/tokenctl/locks'],
    ['win32', 'AppData/Local/tokenctl/locks'],
  ])('on %s is where that system keeps state', (platform, inHome) => {
    expect(userLocksFolder(platform)).toBe(join(userInfo().homedir, inHome))
  })

  test.each<NodeJS.Platform>(['linux', 'darwin', 'win32'])(
    'on %s nothing in the environment moves it',
    platform => {
      const before = userLocksFolder(platform)
      for (const name of ['HOME', 'USERPROFILE', 'TMPDIR', 'XDG_STATE_HOME', 'LOCALAPPDATA', 'TOKENCTL_HOME'])
        vi.stubEnv(name, '/elsewhere')
      expect(userLocksFolder(platform)).toBe(before)
    },
  )
})
