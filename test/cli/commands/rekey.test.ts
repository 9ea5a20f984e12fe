/** `rekey` over real files: where the new key goes, which settings follow, and what a person has to do. */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { MigrateOptions } from '../../../src/cli/commands/migrate.ts'
import { migrateRun } from '../../../src/cli/commands/migrate.ts'
import { type RekeyOptions, rekeyRun } from '../../../src/cli/commands/rekey.ts'
import { type RekeyReport, rekeySchema } from '../../../src/cli/shapes/rekey-shape.ts'
import type { World } from '../../../src/cli/world.ts'
import { type DoctorWorldOptions, doctorWorld, setSettings, soundHome } from '../../support/doctor-world.ts'
import { fakeKeychain } from '../../support/fake-keychain.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { screen } from '../render/screen.ts'

const BUS = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' }

const signal = new AbortController().signal

/** A world that nobody stops. */
function worldOf(home: string, more: DoctorWorldOptions, terminal = screen('pipe')): World {
  const world = doctorWorld(home, more)
  Object.defineProperty(world, 'signal', { value: signal })
  return Object.assign(world, { terminal })
}

/** Runs it over a home. */
async function run(home: string, options: RekeyOptions = {}, more: DoctorWorldOptions = {}) {
  const terminal = screen('pipe')
  const world = worldOf(home, more, terminal)
  try {
    const exit = await rekeyRun(options, world)
    return { exit, ...terminal.shown }
  } finally {
    await world.close()
  }
}

async function reported(...[home, options, more]: Parameters<typeof run>): Promise<RekeyReport> {
  return rekeySchema.parse(JSON.parse((await run(home, { ...options, json: true }, more)).out))
}

async function migrate(home: string, options: MigrateOptions, more: DoctorWorldOptions): Promise<void> {
  const world = worldOf(home, more)
  await migrateRun(options, world)
  await world.close()
}

const settingsOf = (home: string) => JSON.parse(readFileSync(join(home, 'config.json'), 'utf8'))

describe('the key in a file', () => {
  test('the setting follows, and what comes next is said', async () => {
    const home = await soundHome()
    const [key, next] = [join(home, 'vault.key'), join(home, 'vault.key.2')]
    expect(await reported(home, { dryRun: true })).toMatchObject({
      outcome: 'would-seal',
      store: 'file',
      keyFile: next,
      warnings: [`The key is now ${key}.`, 'The new one would be made.'],
    })
    expect([existsSync(next), settingsOf(home)]).toEqual([false, { store: 'file' }])
    const { exit, out, err } = await run(home)
    expect([exit, out]).toEqual([
      0,
      expect.stringMatching(
        /^Sealed 3 records with the key .*vault\.key\.2 \([0-9a-f]{8}\), no longer with [0-9a-f]{8}\.\n$/,
      ),
    ])
    expect(err).toMatch(/^Next: .*status --verify.*Keep the old key/)
    expect(settingsOf(home)).toEqual({ store: 'file', 'key-file': next })
    expect(existsSync(key)).toBe(true)
    expect(await reported(home, { newKeyFile: next })).toMatchObject({ outcome: 'already', records: null })
    expect(await reported(home, { newKeyFile: join(home, 'keys', 'own.key') })).toMatchObject({
      outcome: 'sealed',
      records: 3,
    })
  })

  test('named by the environment: sealed all the same, and what only a person can change is said', async () => {
    const home = await soundHome()
    const env = { TOKENCTL_KEY_FILE: join(home, 'of-env.key') }
    copyFileSync(join(home, 'vault.key'), env.TOKENCTL_KEY_FILE)
    const report = await reported(home, {}, { env })
    expect(report).toMatchObject({ outcome: 'sealed', keyFile: `${env.TOKENCTL_KEY_FILE}.2` })
    expect(report.warnings).toEqual([
      expect.stringMatching(/goes before the setting `key-file`.*or nothing opens/),
    ])
  })

  test('given by systemd: the new one needs a path', async () => {
    const home = await soundHome()
    const folder = join(home, 'credentials')
    mkdirSync(folder, { mode: 0o700 })
    copyFileSync(join(home, 'vault.key'), join(folder, 'tokenctl-key'))
    const env = { CREDENTIALS_DIRECTORY: folder }
    await expect(run(home, {}, { env })).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringMatching(/--new-key-file PATH/),
    })
    const report = await reported(home, { newKeyFile: join(home, '2.key') }, { env })
    expect(report.warnings).toEqual([expect.stringMatching(/the credential of the unit/)])
  })
})

test('the key in the keychain: it goes into a file that is named', async () => {
  const home = await soundHome()
  const keychain = fakeKeychain()
  const more = { startHelper: keychain.startHelper, env: BUS }
  await migrate(home, { to: 'keychain', removeOld: true }, more)
  setSettings(home, { 'key-source': 'keychain' })
  await migrate(home, { to: 'file', removeOld: true }, more)
  await expect(run(home, {}, more)).rejects.toMatchObject({ code: 'USAGE' })
  const path = join(home, '2.key')
  expect(await reported(home, { newKeyFile: path }, more)).toMatchObject({ outcome: 'sealed', warnings: [] })
  expect(settingsOf(home)).toMatchObject({ 'key-source': 'file', 'key-file': path })
})

describe('bad input', () => {
  test.each([[''], ['  '], ['a\0b']])('a path that is none: %j', async newKeyFile => {
    await expect(run(await soundHome(), { newKeyFile })).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('a keychain has no key to change', async () => {
    const home = await soundHome()
    const keychain = fakeKeychain()
    const more = { startHelper: keychain.startHelper, env: BUS }
    await migrate(home, { to: 'keychain', removeOld: true }, more)
    await expect(run(home, {}, more)).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringMatching(/keychain's password/),
    })
  })

  test('copies of a move stand in the way', async () => {
    const home = await soundHome()
    const keychain = fakeKeychain()
    const more = { startHelper: keychain.startHelper, env: BUS }
    await migrate(home, { to: 'keychain', removeOld: true }, more)
    await migrate(home, { to: 'file' }, more)
    await expect(run(home, { dryRun: true }, more)).rejects.toMatchObject({ code: 'STORE_IN_USE' })
  })

  test('nothing is stored', async () => {
    const home = temporaryHome()
    expect(await reported(home)).toMatchObject({ outcome: 'nothing-stored', store: null })
    expect((await run(home)).out).toBe('Nothing is stored yet; there is nothing to seal anew.\n')
    expect(existsSync(join(home, 'vault.key.2'))).toBe(false)
  })
})
