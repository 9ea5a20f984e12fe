/** `migrate` over real files and a keychain in memory: what is refused, what is asked, and the setting that follows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type MigrateOptions, migrateRun } from '../../../src/cli/commands/migrate.ts'
import { historyLineSchema } from '../../../src/cli/shapes/history-shape.ts'
import { type MigrateReport, migrateSchema } from '../../../src/cli/shapes/migrate-shape.ts'
import type { World } from '../../../src/cli/world.ts'
import type { VaultDoorOptions } from '../../../src/vault/open.ts'
import { VaultDoor } from '../../../src/vault/open.ts'
import { doctorWorld, fineAccount, setSettings, soundHome } from '../../support/doctor-world.ts'
import { type FakeKeychain, fakeKeychain } from '../../support/fake-keychain.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { screen } from '../render/screen.ts'

const BUS = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' }

interface Outcome {
  readonly exit: number
  readonly out: string
  readonly err: string
  readonly asked: readonly string[]
}

/** Runs it; `answers` are a person's, and without them nobody is there. */
async function migrate(
  home: string,
  options: MigrateOptions,
  keychain: FakeKeychain,
  answers?: readonly boolean[],
  signal = new AbortController().signal,
): Promise<Outcome> {
  const terminal = screen(answers === undefined ? 'pipe' : 80)
  const asked: string[] = []
  const left = [...(answers ?? [])]
  const world = doctorWorld(home, { startHelper: keychain.startHelper, env: BUS })
  const prompt = {
    confirm: async (question: string, _: boolean, { insteadOf }: { insteadOf: string }) => {
      asked.push(`${terminal.shown.out}${question}`)
      if (left.length === 0)
        throw Object.assign(new Error(`nobody answers: ${insteadOf}`), { code: 'ANSWER_MISSING' })
      return left.shift()
    },
  }
  Object.assign(world, { terminal, prompt: async () => prompt })
  Object.defineProperty(world, 'signal', { value: signal })
  try {
    const exit = await migrateRun(options, world)
    return { exit, out: terminal.shown.out, err: terminal.shown.err, asked }
  } finally {
    await world.close()
  }
}

async function reported(...given: Parameters<typeof migrate>): Promise<MigrateReport> {
  const [home, options, keychain, answers] = given
  const { out } = await migrate(home, { ...options, json: true }, keychain, answers)
  return migrateSchema.parse(JSON.parse(out))
}

/** What the history says was done, to what and by which command. */
async function historyOf(home: string): Promise<readonly unknown[]> {
  const world = doctorWorld(home)
  const lines = (await world.history.lines()).map(line => historyLineSchema.parse(JSON.parse(line)))
  await world.close()
  return lines.map(({ action, subject, by }) => [action, subject, by])
}

const markOf = (home: string) => JSON.parse(readFileSync(join(home, 'state', 'vault.json'), 'utf8'))
const settingsOf = (home: string) => JSON.parse(readFileSync(join(home, 'config.json'), 'utf8'))

describe('bad input', () => {
  test.each<[string, MigrateOptions, RegExp]>([
    ['no store', {}, /Say where the records are to go/],
    ['no store, only --dry-run', { dryRun: true }, /Say where/],
    ['a store that is none', { to: 'sqlite' }, /"sqlite" is no store/],
    ['a token in its place', { to: 'v^1.1#i^1#secret' }, /a text of \d+ characters is no store/],
    ['one beside --remove-old', { to: 'cloud', removeOld: true }, /"cloud" is no store/],
  ])('%s', async (_, options, message) => {
    await expect(migrate(temporaryHome(), options, fakeKeychain())).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(/--to file/),
    })
  })
})

describe('before anything is stored', () => {
  test('the first record will rest there; --dry-run sets nothing', async () => {
    const home = temporaryHome()
    setSettings(home, { window: '2 months' })
    const keychain = fakeKeychain()
    expect(await reported(home, { to: 'file', dryRun: true }, keychain)).toMatchObject({
      outcome: 'nothing-stored',
    })
    expect(settingsOf(home)).toEqual({ window: '2 months' })
    expect(await reported(home, { to: 'file' }, keychain)).toMatchObject({
      outcome: 'nothing-stored',
      copies: null,
    })
    expect(settingsOf(home)).toEqual({ window: '2 months', store: 'file' })
  })

  test('copies there are none', async () => {
    const { exit, out } = await migrate(temporaryHome(), { removeOld: true }, fakeKeychain())
    expect([exit, out]).toEqual([0, 'There are no old copies; nothing to remove.\n'])
  })
})

describe('a vault in the file store', () => {
  test('is looked at by --dry-run, and not touched', async () => {
    const home = await soundHome()
    const before = markOf(home)
    const keychain = fakeKeychain()
    expect(await reported(home, { to: 'keychain', dryRun: true, removeOld: true }, keychain)).toMatchObject({
      outcome: 'would-move',
      from: 'file',
      accounts: ['aliexpress:main', 'ebay:main'],
      copies: null,
    })
    expect(markOf(home)).toEqual(before)
    expect([...keychain.items.keys()]).toEqual([])
  })

  test('goes where it is sent, and the setting that was set follows; again is nothing to do', async () => {
    const home = await soundHome()
    const keychain = fakeKeychain()
    const moved = await migrate(home, { to: 'keychain' }, keychain)
    expect(moved.exit).toBe(0)
    expect(moved.out).toMatch(/^Moved 2 accounts, 1 app from the encrypted folder/)
    expect(moved.err).toMatch(/^Next: .*migrate --remove-old/)
    expect(settingsOf(home)).toEqual({ store: 'keychain' })
    expect(markOf(home)).toMatchObject({ store: 'keychain', other: { store: 'file', is: 'left' } })
    const events = [
      ['migrate', 'aliexpress:main', 'migrate'],
      ['migrate', 'ebay:main', 'migrate'],
      ['app migrate', 'amazon:default', 'migrate'],
    ]
    expect(await historyOf(home)).toEqual(events)
    const again = await migrate(home, { to: 'keychain', dryRun: true, removeOld: true }, keychain)
    expect(again.out).toMatch(/nothing to move\.\nWould remove the copies in the encrypted folder/)
    expect(await reported(home, { to: 'keychain', removeOld: true }, keychain)).toMatchObject({
      outcome: 'in-use',
      copies: { store: 'file', outcome: 'removed' },
      warnings: [expect.stringMatching(/vault\.key/)],
    })
    expect(await historyOf(home)).toEqual(events)
    expect(markOf(home)).toMatchObject({ version: 1, store: 'keychain' })
  })

  test('without a setting none is made', async () => {
    const home = await soundHome()
    setSettings(home, {})
    await migrate(home, { to: 'keychain' }, fakeKeychain())
    expect(settingsOf(home)).toEqual({})
  })

  test('a setting that names the other store already is no obstacle, and is mended where it is wrong', async () => {
    const home = await soundHome()
    const keychain = fakeKeychain()
    setSettings(home, { store: 'keychain' })
    expect(await reported(home, { to: 'file' }, keychain)).toMatchObject({ outcome: 'in-use' })
    expect(settingsOf(home)).toEqual({ store: 'file' })
    setSettings(home, { store: 'keychain' })
    expect(await reported(home, { to: 'keychain' }, keychain)).toMatchObject({ outcome: 'moved' })
    expect(settingsOf(home)).toEqual({ store: 'keychain' })
  })

  test('at a terminal the removal is asked for; no leaves the copies, yes removes them', async () => {
    const home = await soundHome()
    const keychain = fakeKeychain()
    const no = await migrate(home, { to: 'keychain' }, keychain, [false])
    // What was moved is said before anybody is asked to remove anything.
    expect(no.asked).toEqual([
      expect.stringMatching(/^Moved 2 accounts.*\nRemove the copies in the encrypted folder.* now\?$/),
    ])
    expect(markOf(home)).toHaveProperty('other')
    expect((await migrate(home, { to: 'keychain', yes: true }, keychain, [])).asked).toEqual([])
    const yes = await migrate(home, { to: 'keychain' }, keychain, [true])
    expect(yes.out).toMatch(/nothing to move\.\nThe copies .* are removed/)
    expect(markOf(home)).not.toHaveProperty('other')
  })

  test('more records than a keychain likes: asked, refused unattended, moved with --yes', async () => {
    const accounts = Array.from({ length: 201 }, (_, number) => fineAccount(`ebay:shop-${number}`))
    const home = await soundHome({ accounts })
    const keychain = fakeKeychain()
    await expect(migrate(home, { to: 'keychain' }, keychain)).rejects.toThrow('nobody answers: --yes')
    await expect(migrate(home, { to: 'keychain' }, keychain, [false])).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(markOf(home)).toMatchObject({ version: 1, store: 'file' })
    const dry = await reported(home, { to: 'keychain', dryRun: true }, keychain)
    expect(dry.warnings).toEqual([expect.stringMatching(/slow past some 200 records, and these are 202/)])
    expect(await reported(home, { to: 'keychain', yes: true }, keychain)).toMatchObject({ outcome: 'moved' })
  })

  test('a person stops it at the keychain, which ends its helper too: stopped, and no fault of the keychain', async () => {
    const home = await soundHome()
    const keychain = fakeKeychain()
    const stop = new AbortController()
    keychain.interfere = ({ op, account }) => {
      if (op !== 'set' || !account.endsWith('account/ebay:main')) return undefined
      stop.abort()
      return { failed: 'died' }
    }
    await expect(migrate(home, { to: 'keychain' }, keychain, undefined, stop.signal)).rejects.toMatchObject({
      code: 'CANCELLED',
      fix: expect.stringMatching(/same command goes on/),
    })
    expect(markOf(home)).toMatchObject({ store: 'file', other: { store: 'keychain', is: 'filling' } })
    keychain.interfere = () => undefined
    expect(await reported(home, { to: 'keychain' }, keychain)).toMatchObject({ outcome: 'moved' })
  })

  test('a keychain that is not there: nothing is marked', async () => {
    const home = await soundHome()
    const keychain = fakeKeychain()
    keychain.interfere = () => ({ error: 'no-service' })
    await expect(migrate(home, { to: 'keychain' }, keychain)).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
    })
    expect(markOf(home)).toMatchObject({ version: 1, store: 'file' })
    expect(settingsOf(home)).toEqual({ store: 'file' })
  })
})

test('to the file store, --dry-run says where the key is or would be', async () => {
  const home = temporaryHome()
  const keychain = fakeKeychain()
  setSettings(home, { store: 'keychain' })
  const world: World = doctorWorld(home, { startHelper: keychain.startHelper, env: BUS })
  const parts: VaultDoorOptions = await world.vaultParts('test', { lockMs: 1000 })
  const door = new VaultDoor(parts)
  await (await door.write()).saveAccount(fineAccount('ebay:main'), null)
  await door.close()
  await world.close()
  expect((await reported(home, { to: 'file', dryRun: true }, keychain)).warnings).toEqual([
    expect.stringMatching(/key would be made: .*vault\.key/),
  ])
  const { err } = await migrate(home, { to: 'file', removeOld: true }, keychain)
  const id = (markOf(home) as { id: string }).id
  expect(err).toMatch(new RegExp(`One item was left in the keychain.*${id}/key`))
  expect([...keychain.items.keys()]).toEqual([`${id}/key`])
  await migrate(home, { to: 'keychain', removeOld: true }, keychain)
  expect((await reported(home, { to: 'file', dryRun: true }, keychain)).warnings).toEqual([
    expect.stringMatching(/sealed with: .*vault\.key/),
  ])
})
