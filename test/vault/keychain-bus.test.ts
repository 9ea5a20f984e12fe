import { describe, expect, it } from 'vitest'
import { helperEnvironment } from '../../src/vault/keychain-bus.ts'

const machine = (platform: NodeJS.Platform, sockets: string[] = []) => ({
  platform,
  uid: 1000,
  isOwnSocket: (path: string) => sockets.includes(path),
})
const BUS = 'DBUS_SESSION_BUS_ADDRESS'

describe("the helper's environment", () => {
  it.each([
    [
      'the given address',
      { [BUS]: 'unix:path=/given', XDG_RUNTIME_DIR: '/r' },
      ['/r/bus'],
      'unix:path=/given',
    ],
    [
      "the runtime folder's bus",
      { XDG_RUNTIME_DIR: '/r' },
      ['/r/bus', '/run/user/1000/bus'],
      'unix:path=/r/bus',
    ],
    ["cron: the user's own bus", {}, ['/run/user/1000/bus'], 'unix:path=/run/user/1000/bus'],
    ['an empty address', { [BUS]: '' }, ['/run/user/1000/bus'], 'unix:path=/run/user/1000/bus'],
  ])('has %s', (_, env, sockets, address) => {
    expect(helperEnvironment(env, machine('linux', sockets))?.[BUS]).toBe(address)
  })

  it('is none where there is no bus of ours', () => {
    expect(helperEnvironment({ HOME: '/home/me' }, machine('linux', ['/run/user/0/bus']))).toBeUndefined()
  })

  it('needs no bus on macOS and Windows', () => {
    for (const platform of ['darwin', 'win32'] as const)
      expect(helperEnvironment({ HOME: '/h' }, machine(platform))).toEqual({ HOME: '/h' })
  })

  it('holds nothing that leads to no keychain', () => {
    const env = {
      [BUS]: 'unix:path=/x',
      TOKENCTL_KEY_FILE: '/k',
      AWS_SECRET: 'CANARY',
      NODE_OPTIONS: '--inspect',
    }
    expect(helperEnvironment(env, machine('linux'))).toEqual({ [BUS]: 'unix:path=/x' })
  })
})
