/** The store and the keychain, in every state that a keychain can be in. */

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { doctorRun } from '../../../src/cli/commands/doctor.ts'
import { type Broken, stateOf, testBrokenWorlds } from '../../support/broken-world.ts'
import {
  diagnose,
  doctorWorld,
  fineAccount,
  NOBODY_KNOWS,
  setSettings,
  soundHome,
} from '../../support/doctor-world.ts'
import { fakeKeychain } from '../../support/fake-keychain.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import type { TestScreen } from '../render/screen.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'a lost mark': {
    spoil: home => rmSync(join(stateOf(home), 'vault.json')),
    found: ['vault problem'],
    says: /vault\.json is missing/,
    mend: /`tokenctl status --verify`/,
    exit: 5,
  },
  'a mark that is damaged, where nobody chose a store': {
    spoil: home => {
      setSettings(home, {})
      writeFileSync(join(stateOf(home), 'vault.json'), '{', { mode: 0o600 })
    },
    found: ['vault problem'],
    says: /vault\.json is damaged/,
    mend: /`tokenctl status --verify`/,
    exit: 5,
  },
  'a key whose records are gone': {
    spoil: home => {
      rmSync(stateOf(home), { recursive: true })
      setSettings(home, { store: 'file' })
    },
    found: ['vault problem'],
    says: /The key of the records is there .*, and the records are gone/,
    mend: /Restore that folder from a backup/,
    exit: 5,
  },
}

testBrokenWorlds(WORLDS)

describe('keychains', () => {
  const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }
  const none = process.platform === 'linux'

  async function keychainHome() {
    const keychain = fakeKeychain()
    const { startHelper } = keychain
    const home = await soundHome({ settings: { store: 'keychain' }, env: bus, startHelper })
    return { home, keychain, startHelper }
  }

  test('one that answers: a test item goes in and out, and nothing of it stays', async () => {
    const { home, keychain, startHelper } = await keychainHome()
    const before = new Map(keychain.items)
    const started = keychain.started
    const { wrong, exit, report } = await diagnose(home, { env: bus, startHelper })
    expect(wrong).toEqual([])
    expect(exit).toBe(0)
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        id: 'keychain',
        state: 'ok',
        where: none ? bus.DBUS_SESSION_BUS_ADDRESS : null,
      }),
    )
    expect(keychain.items).toEqual(before)
    expect(keychain.started).toBe(started + 1)
  })

  test.each([
    ['locked', { error: 'locked' }, /is locked/, /unlock the keyring/],
    ['hung', { failed: 'hung' }, /did not answer in time/, /hangs/],
    ['absent', { error: 'no-service' }, /nothing on the session bus provides/, /gnome-keyring/],
    ['denied', { error: 'denied' }, /access was denied/, /allow it when asked/],
    ['without its library', { error: 'no-binding' }, /does not load/, /Install tokenctl again/],
  ] as const)('one that is %s: told once, 5, and nothing is written', async (_, answer, says, mend) => {
    const { home, keychain, startHelper } = await keychainHome()
    const before = new Map(keychain.items)
    keychain.interfere = () => answer
    const { wrong, exit } = await diagnose(home, { env: bus, startHelper })
    expect(wrong.map(({ id, state }) => `${id} ${state}`)).toEqual(['keychain problem'])
    expect(wrong[0]?.what).toMatch(says)
    expect(wrong[0]?.mend).toMatch(mend)
    expect(exit).toBe(5)
    expect(keychain.items).toEqual(before)
  })

  test.skipIf(!none)('no bus at all', async () => {
    const { home, startHelper } = await keychainHome()
    const env = { DBUS_SESSION_BUS_ADDRESS: '', XDG_RUNTIME_DIR: '/nonexistent' }
    const world = doctorWorld(home, { env, startHelper })
    const parts = await world.vaultParts('doctor', { lockMs: 1 })
    Object.assign(world, {
      vaultParts: async () => ({ ...parts, files: { ...parts.files, isOwnSocket: () => false } }),
    })
    expect(await doctorRun({ json: true }, world, NOBODY_KNOWS)).toBe(5)
    const { findings } = JSON.parse((world.terminal as TestScreen).shown.out)
    expect(findings.filter((each: { state: string }) => each.state === 'problem')).toMatchObject([
      {
        id: 'keychain',
        what: expect.stringMatching(/no session bus answers/),
        mend: expect.stringMatching(/file store/),
      },
    ])
  })

  test('before anything was stored and where nobody chose: a warning that names the choice', async () => {
    const keychain = fakeKeychain()
    keychain.interfere = () => ({ error: 'no-service' })
    const { wrong, exit } = await diagnose(temporaryHome(), { env: bus, startHelper: keychain.startHelper })
    expect(wrong).toMatchObject([
      { id: 'vault', state: 'warning', mend: expect.stringMatching(/`tokenctl config set store file`/) },
    ])
    expect(exit).toBe(0)
  })

  test('more accounts than it likes', async () => {
    const keychain = fakeKeychain()
    const { startHelper } = keychain
    const accounts = Array.from({ length: 201 }, (_, index) => fineAccount(`ebay:shop-${index}`))
    const home = await soundHome({
      settings: { store: 'keychain' },
      accounts,
      env: bus,
      startHelper,
    })
    const { wrong, exit } = await diagnose(home, { env: bus, startHelper })
    expect(wrong).toMatchObject([
      { id: 'accounts', state: 'warning', what: expect.stringMatching(/^201 accounts rest in a keychain/) },
    ])
    expect(exit).toBe(0)
  })
})
