/**
 * Two machines of a fleet, by the built program: one key, one database, and what is begun on the one goes on at the other.
 * Every way to say where the database is; and that nothing which a run needed for its work stays behind when it has ended.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answerOf } from '../support/consenting.ts'
import { type FleetHomes, fleetHomes, importAll, type Machine } from '../support/fleet-homes.ts'
import { hasPostgres, postgresForFile } from '../support/postgres.ts'
import { startReceiver } from '../support/receiver.ts'
import { heldSimulator, newestToken, shop } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { ended, type Run, startTokenctl } from '../support/tokenctl.ts'

const SHOPS = () => [
  shop('ebay:main', 120, 547),
  shop('ebay:outlet', 30, 547),
  shop('amazon:main', 30, 365, { region: 'na' }),
  shop('aliexpress:main', 5, 60),
]

const leftOf = async (what: string, fleet: FleetHomes) =>
  (await fleet.leftBehind()).filter(each => each.what === what)
const leftBut = async (what: string, fleet: FleetHomes) =>
  (await fleet.leftBehind()).filter(each => each.what !== what)

describe.skipIf(!hasPostgres())('a fleet', () => {
  const server = postgresForFile({ fsync: false })

  /** Two machines; the first has imported all there is. */
  async function two(): Promise<{ fleet: FleetHomes; one: Machine; other: Machine }> {
    const fleet = await fleetHomes(server(), SHOPS())
    const [one, other] = [fleet.machine(), fleet.machine()]
    await importAll(fleet, one)
    return { fleet, one, other }
  }

  const stateOf = async (machine: Machine, account: string) => {
    const { accounts } = JSON.parse((await machine.run(['status', '--json'])).stdout)
    return (accounts as { account: string; state: string }[]).find(each => each.account === account)?.state
  }

  test('what the one machine imports, the other shows, renews, hands out and writes down', async () => {
    const { fleet, one, other } = await two()
    expect(await stateOf(other, 'ebay:main')).toBe('due')
    const due = await other.must(['renew', '--all', '--due'])
    expect(due).toMatchObject({ stdout: expect.stringMatching(/^ebay:main: Renewed; /) })
    expect(due.stderr).not.toMatch(/could not be written/)
    expect(fleet.asked()).toBe(1)
    expect(await stateOf(one, 'ebay:main')).toBe('ok')
    const dryRun = await one.must(['renew', '--all', '--due', '--dry-run'])
    expect(dryRun.stderr).toContain('Nothing is due.')
    // On the first nothing is due any more, and its token is the one that the second was given.
    expect((await one.must(['renew', '--all', '--due'])).stderr).toContain('Nothing is due.')
    expect((await one.must(['token', 'ebay:main'])).stdout.trim()).toBe(
      newestToken(fleet.simulator, 'ebay:main'),
    )
    const ran = await one.must(['exec', 'ebay:main', '--', 'sh', '-c', 'printf %s "$EBAY_ACCESS_TOKEN"'])
    expect(ran.stdout).toBe(newestToken(fleet.simulator, 'ebay:main'))
    expect(fleet.asked()).toBe(1)
    // Each machine writes down what it did itself.
    expect((await other.must(['history', 'ebay:main'])).stdout).toMatch(/renewed/i)
    expect((await one.must(['history', 'ebay:main'])).stdout).not.toMatch(/renewed/i)
    expect(await fleet.leftBehind()).toEqual([])
  })

  test('names, tags and removals of the one are those of the other', async () => {
    const { fleet, one, other } = await two()
    await other.must(['accounts', 'rename', 'ebay:outlet', 'ebay:second'])
    await one.must(['accounts', 'tag', 'ebay:second', 'client=acme'])
    expect((await other.must(['status', '--tag', 'client=acme', '--plain'])).stdout).toMatch(/second/)
    await one.must(['accounts', 'remove', 'aliexpress:main', '--yes'])
    const { stdout } = await other.must(['accounts', 'list', '--json'])
    expect(
      (JSON.parse(stdout).accounts as { account: string }[]).map(({ account }) => account).sort(),
    ).toEqual(['amazon:main', 'ebay:main', 'ebay:second'])
    expect(await fleet.leftBehind()).toEqual([])
  })

  test('an export of the one is imported into a home of its own', async () => {
    const { one } = await two()
    const file = join(temporaryHome(), 'out.age')
    await one.must(['export', '--passphrase-stdin', '--output', file], {
      input: 'correct horse battery staple\n',
    })
    const fleet = await fleetHomes(server(), [])
    const third = fleet.machine()
    await third.must(['import', '--file', file, '--passphrase-stdin'], {
      input: 'correct horse battery staple\n',
    })
    expect(await stateOf(third, 'ebay:main')).toBe('due')
  })

  test('a token is handed on by whichever machine renewed it', async () => {
    const { fleet, one, other } = await two()
    const receiver = await startReceiver(response => response.writeHead(204).end())
    const words = ['accounts', 'deliver-to', 'ebay:main', '--url', '--stdin', '--tokens', 'access']
    await one.must(words, { input: receiver.origin })
    await other.must(['renew', '--all', '--due'])
    expect(receiver.received).toHaveLength(1)
    await one.must(['deliver', 'ebay:main'])
    await one.must(['renew', '--all', '--due'])
    expect(receiver.received).toHaveLength(1)
    expect(await fleet.leftBehind()).toEqual([])
  })

  test('a channel of the one is asked by the other', async () => {
    const { fleet, one, other } = await two()
    const receiver = await startReceiver(response => response.writeHead(204).end())
    await one.must(['notices', 'add', 'chat', '--webhook', '--stdin'], { input: `${receiver.origin}/hook` })
    expect((await other.must(['notices', 'list'])).stdout).toContain('chat')
    await other.must(['notices', 'test', 'chat'])
    expect(receiver.received).toHaveLength(1)
    expect(await fleet.leftBehind()).toEqual([])
  })

  test('a consent is asked for on the one, and finished on the other', async () => {
    const { fleet, one, other } = await two()
    const link = await one.must(['login', 'ebay:main', '--link'])
    const { seller } = fleet.simulator.market.accounts.get('ebay:main') ?? expect.unreachable('no such shop')
    const answer = await answerOf(link.stdout.trim(), seller.name)
    const done = await other.must(['login', 'ebay:main', '--resume', '--stdin'], { input: `${answer}\n` })
    expect(done.stdout).toContain('ebay:main is connected by a new consent.')
    expect(await stateOf(one, 'ebay:main')).toBe('ok')
    const again = await one.run(['login', 'ebay:main', '--resume', '--stdin'], { input: `${answer}\n` })
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('No link is waiting') })
    expect(await fleet.leftBehind()).toEqual([])
  })

  describe('where the database is', () => {
    const NOWHERE = { PGHOST: '127.0.0.1', PGPORT: '1' }

    test('an address in a private file, before the variables', async () => {
      const { fleet } = await two()
      const file = join(temporaryHome(), 'address')
      writeFileSync(file, `${fleet.database.url()}\n`, { mode: 0o600 })
      const by = fleet.machine({ env: NOWHERE, settings: { 'postgres-url-file': file } })
      expect(await stateOf(by, 'ebay:main')).toBe('due')
      await by.must(['renew', 'ebay:main'])
      writeFileSync(file, `${fleet.database.url()}\n`, { mode: 0o600 })
      expect((await by.run(['config', 'list'])).stdout).not.toContain(
        encodeURIComponent(fleet.database.password),
      )
    })

    test('a service, by its setting and by PGSERVICE, with a password file', async () => {
      const { fleet } = await two()
      const folder = temporaryHome()
      const { PGHOST, PGPORT, PGUSER, PGDATABASE } = fleet.database.env
      writeFileSync(
        join(folder, 'services'),
        `[shops]\nhost=${PGHOST}\nport=${PGPORT}\ndbname=${PGDATABASE}\nuser=${PGUSER}\n`,
      )
      const secret = fleet.database.password.replace(/[\\:]/g, '\\$&')
      writeFileSync(join(folder, 'passwords'), `${PGHOST}:*:*:${PGUSER}:${secret}\n`, { mode: 0o600 })
      const files = { PGSERVICEFILE: join(folder, 'services'), PGPASSFILE: join(folder, 'passwords') }
      const bySetting = fleet.machine({ env: files, settings: { 'postgres-service': 'shops' } })
      expect(await stateOf(bySetting, 'ebay:main')).toBe('due')
      const byVariable = fleet.machine({ env: { ...files, PGSERVICE: 'shops' } })
      await byVariable.must(['renew', 'ebay:main'])
      expect(await stateOf(bySetting, 'ebay:main')).toBe('ok')
    })

    test("the server's socket", async () => {
      const { fleet } = await two()
      const by = fleet.machine({ env: { ...fleet.database.env, PGHOST: server().socket } })
      expect(await stateOf(by, 'ebay:main')).toBe('due')
    })
  })

  test('commands that only look change nothing, and leave neither lock nor claim', async () => {
    const { fleet, other } = await two()
    const before = await fleet.dump()
    for (const args of [
      ['status'],
      ['status', '--json'],
      ['status', '--verify'],
      ['status', '--format', 'jsonl'],
      ['accounts', 'list'],
      ['renew', '--all', '--due', '--dry-run'],
      ['doctor', '--offline', '--json'],
      ['notices', 'list'],
      ['config', 'list'],
      ['__complete', '2', 'renew', ''],
    ]) {
      expect({ args, status: (await other.run(args)).status }).toEqual({ args, status: 0 })
      expect({ args, left: await fleet.leftBehind() }).toEqual({ args, left: [] })
    }
    expect(await fleet.dump()).toBe(before)
    expect(fleet.asked()).toBe(0)
  })

  test('so do those that renew, whatever becomes of it', async () => {
    const { fleet, one, other } = await two()
    fleet.simulator.fault('ebay', '503')
    await one.run(['renew', 'ebay:outlet'])
    await other.must(['renew', '--all', '--due'])
    await one.must(['worker', '--once'])
    await other.must(['renew', '--all'])
    // What a worker has looked at it leaves alone for a while: that is a note for all machines, and no lock.
    expect(await leftBut('claim', fleet)).toEqual([])
  })

  test('the lock of a run that was killed is free at once; its mark holds the account, and only that, for a while', async () => {
    const { simulator, letGo } = await heldSimulator(SHOPS())
    const fleet = await fleetHomes(server(), simulator)
    const [one, other] = [fleet.machine(), fleet.machine()]
    await importAll(fleet, one)
    simulator.fault('aliexpress', 'slow')
    const child = startTokenctl(['renew', 'aliexpress:main'], { home: one.home, env: fleet.database.env })
    onTestFinished(() => void child.kill('SIGKILL'))
    const over: Promise<Run> = ended(child)
    await expect.poll(() => simulator.requests().length, { timeout: 20_000 }).toBe(1)
    child.kill('SIGKILL')
    await over
    const locks = () => leftOf('lock', fleet)
    await expect.poll(locks, { timeout: 10_000 }).toEqual([])
    expect(await fleet.leftBehind()).toMatchObject([{ what: 'journal', which: 'account/aliexpress:main' }])
    // Another account is nobody's business.
    await other.must(['renew', 'ebay:main'])
    // That one is not presented again while the first run's exchange may still be open.
    const asked = simulator.requests().length
    expect((await other.run(['worker', '--once'])).status).not.toBe(1)
    expect(simulator.requests().length).toBe(asked)
    await fleet.database.sql("UPDATE tokenctl.journal SET busy_until = now() - interval '1 second'")
    letGo()
    const found = await other.run(['renew', 'aliexpress:main'])
    // The killed run's answer is nowhere, and the token that it had is spent: said, and not tried for ever.
    expect(found.status).toBe(3)
    expect(found.stdout).toContain('The answer to a renewal was lost on its way')
    expect(await leftBut('claim', fleet)).toEqual([])
  })
})
