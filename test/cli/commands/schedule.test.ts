/** `tokenctl schedule` on machines made of maps: what is picked, what is replaced, what is refused. */
import { describe, expect, test } from 'vitest'
import { scheduleInstallRun, scheduleRemoveRun, scheduleShowRun } from '../../../src/cli/commands/schedule.ts'
import type { InstallOptions } from '../../../src/cli/schedules/scheduling.ts'
import {
  type ScheduleInstallReport,
  type ScheduleRemoveReport,
  type ScheduleShowReport,
  scheduleInstallSchema,
  scheduleRemoveSchema,
  scheduleShowSchema,
} from '../../../src/cli/shapes/schedule-shape.ts'
import { spreadOf } from '../../../src/schedule/job.ts'
import { HOUR } from '../../../src/tokens/time.ts'
import { delivery, tokenSet } from '../../support/accounts.ts'
import { answer, type FakeScheduleHost, fakeScheduleHost } from '../../support/schedule-host.ts'
import { NOW, type TestWorld, testWorld } from '../../support/world.ts'

const ME = { HOME: '/home/me', PATH: '/usr/bin:/bin' }

interface Answered<T> {
  readonly exit: number
  readonly report: T
  readonly world: TestWorld
}

async function on<T>(
  host: FakeScheduleHost,
  env: Readonly<Record<string, string>>,
  work: (world: TestWorld) => Promise<number>,
  parse: (json: unknown) => T,
): Promise<Answered<T>> {
  const world = await testWorld({ scheduleHost: host, env: { ...ME, ...env } })
  const exit = await work(world)
  return { exit, report: parse(JSON.parse(world.terminal.shown.out)), world }
}

function install(
  host: FakeScheduleHost,
  options: InstallOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Answered<ScheduleInstallReport>> {
  return on(
    host,
    env,
    world => scheduleInstallRun({ ...options, json: true }, world),
    json => scheduleInstallSchema.parse(json),
  )
}

function show(
  host: FakeScheduleHost,
  env: Readonly<Record<string, string>> = {},
): Promise<Answered<ScheduleShowReport>> {
  return on(
    host,
    env,
    world => scheduleShowRun({ json: true }, world),
    json => scheduleShowSchema.parse(json),
  )
}

function remove(
  host: FakeScheduleHost,
  env: Readonly<Record<string, string>> = {},
): Promise<Answered<ScheduleRemoveReport>> {
  return on(
    host,
    env,
    world => scheduleRemoveRun({ json: true }, world),
    json => scheduleRemoveSchema.parse(json),
  )
}

describe('which scheduler', () => {
  test.each<[string, FakeScheduleHost, string]>([
    ['Linux with a user manager', fakeScheduleHost(), 'systemd'],
    ['Linux without systemd', fakeScheduleHost({ has: ['crontab'] }), 'cron'],
    ['FreeBSD', fakeScheduleHost({ platform: 'freebsd' }), 'cron'],
    ['macOS', fakeScheduleHost({ platform: 'darwin' }), 'launchd'],
    [
      'Windows',
      fakeScheduleHost({ platform: 'win32', node: 'C:\\node.exe', entry: 'C:\\t.js' }),
      'task-scheduler',
    ],
  ])('%s', async (_, host, scheduler) => {
    const env = { TOKENCTL_HOME: '' }
    expect((await install(host, {}, env)).report).toMatchObject({
      scheduler,
      outcome: 'installed',
      warnings: [],
    })
    expect((await show(host, env)).report.schedules).toMatchObject([
      { scheduler, active: true, findings: [] },
    ])
    expect((await install(host, {}, env)).report.outcome).toBe('unchanged')
    expect((await install(host, { at: '6:15' }, env)).report).toMatchObject({
      outcome: 'replaced',
      run: { at: '06:15' },
    })
    // And what was chosen once stays.
    expect((await install(host, {}, env)).report).toMatchObject({
      outcome: 'unchanged',
      run: { at: '06:15' },
    })
    expect((await remove(host, env)).report.removed).toMatchObject([{ scheduler }])
    expect((await show(host, env)).report.schedules).toEqual([])
    expect((await remove(host, env)).report.outcome).toBe('nothing')
  })

  test.each(['offline', 'unknown', ''])('cron where the user manager says %j', async state => {
    const host = fakeScheduleHost()
    host.programs.set('systemctl', () => answer(1, `${state}\n`, 'Failed to connect to bus\n'))
    expect((await install(host)).report.scheduler).toBe('cron')
  })

  test('none: each is named with its reason, exit 3', async () => {
    const host = fakeScheduleHost({ has: ['systemctl'] })
    host.programs.set('systemctl', () => answer(1, '', 'Failed to connect to bus: No medium found\n'))
    await expect(install(host)).rejects.toMatchObject({
      code: 'SCHEDULER_FAILED',
      exit: 3,
      message: expect.stringMatching(/systemd: .*No medium found; cron: there is no program `crontab`/),
      fix: expect.stringContaining('tokenctl renew --all --due'),
    })
  })

  test('one that such a machine does not have is refused', async () => {
    await expect(install(fakeScheduleHost(), { using: 'launchd' })).rejects.toMatchObject({
      code: 'SCHEDULER_FAILED',
      fix: expect.stringContaining('`systemd` or `cron`'),
    })
  })

  test('the one that has it already is kept, though another would be picked', async () => {
    const host = fakeScheduleHost()
    await install(host, { using: 'cron' })
    expect((await install(host, { at: '07:00' })).report).toMatchObject({ scheduler: 'cron', removed: [] })
  })

  test('while it does not answer nothing is moved to another in passing', async () => {
    const host = fakeScheduleHost()
    await install(host)
    host.programs.set('systemctl', () => answer(1, '', 'Failed to connect to bus\n'))
    await expect(install(host)).rejects.toMatchObject({ fix: expect.stringContaining('`--using`') })
    expect(host.crontab).toBeUndefined()
    expect((await show(host)).report.schedules).toMatchObject([{ active: null, findings: [] }])
  })
})

describe('two schedules', () => {
  test('--using another: the new one is there before the old one goes, and both are said', async () => {
    const host = fakeScheduleHost()
    await install(host, { at: '05:30' })
    const { report } = await install(host, { using: 'cron' })
    expect(report).toMatchObject({
      scheduler: 'cron',
      outcome: 'replaced',
      removed: ['systemd'],
      run: { at: '05:30' },
    })
    const done = host.calls.filter(call => /^crontab -$|disable/.test(call))
    expect(done).toEqual(['crontab -', 'systemctl --user disable --now tokenctl-renew.timer'])
    expect((await show(host)).report.schedules).toMatchObject([{ scheduler: 'cron' }])
  })

  test('by whatever way both came to be, install leaves one', async () => {
    const host = fakeScheduleHost()
    await install(host, { using: 'cron' })
    const { crontab } = host
    await install(host, { using: 'systemd' })
    host.crontab = crontab
    const { report, exit } = await show(host)
    expect(report.schedules.map(({ scheduler }) => scheduler)).toEqual(['systemd', 'cron'])
    expect(exit).toBe(0)
    expect((await install(host)).report).toMatchObject({
      scheduler: 'systemd',
      outcome: 'replaced',
      removed: ['cron'],
    })
    expect(host.crontab).toBeUndefined()
    expect((await remove(host)).report.removed).toHaveLength(1)
  })

  test('a line made by hand is told, by its number and not its text', async () => {
    const host = fakeScheduleHost()
    host.crontab = 'A=1\n0 3 * * * PASSWORD=s3cr3t tokenctl renew --all\n'
    const world = await testWorld({ scheduleHost: host, env: ME })
    await scheduleInstallRun({}, world)
    expect(world.terminal.shown.err).toContain('Line 2 of your crontab')
    expect(JSON.stringify(world.terminal.shown)).not.toContain('s3cr3t')
    expect((await show(host)).report.handWritten).toEqual([{ line: 2, home: 'this' }])
  })

  const TOO = /Line 1 of your crontab, made by hand, runs `tokenctl renew` too\. One of the two/
  test.each<[string, string, install: RegExp, show: RegExp, remove: RegExp]>([
    ['of this home', '--all --due', TOO, TOO, / runs `tokenctl renew` for the accounts of this home\.\n$/],
    [
      'of some accounts',
      'ebay',
      /is not known\.$/m,
      /is not known\.$/m,
      /; whether it reaches .* is not known\.$/m,
    ],
  ])('a line %s: what is said beside a schedule and what alone', async (_, words, ...said) => {
    const host = fakeScheduleHost()
    host.crontab = `0 3 * * * tokenctl renew ${words}\n`
    const runs = [scheduleInstallRun, scheduleShowRun, scheduleRemoveRun]
    for (const [index, run] of runs.entries()) {
      const world = await testWorld({ scheduleHost: host, env: ME })
      await run({}, world)
      expect(world.terminal.shown.err).toMatch(said[index] ?? /never/)
      if (said[index] !== TOO) expect(world.terminal.shown.err).not.toContain('crontab -e')
    }
  })

  test('a line of another home: no advice to remove it, with a schedule of this one or without', async () => {
    const host = fakeScheduleHost()
    host.crontab = '0 3 * * * TOKENCTL_HOME=/srv/second tokenctl renew --all --due\n'
    for (const run of [scheduleShowRun, scheduleInstallRun, scheduleShowRun, scheduleRemoveRun]) {
      const world = await testWorld({ scheduleHost: host, env: ME })
      await run({}, world)
      expect(world.terminal.shown.err).toMatch(/Line 1 of your crontab, .* for another home\.$/m)
      expect(world.terminal.shown.err).not.toContain('crontab -e')
    }
    expect((await show(host, { TOKENCTL_HOME: '/srv/second/' })).report.handWritten).toEqual([
      { line: 1, home: 'this' },
    ])
  })

  test('alone, a line of this home is no "nothing is renewed"', async () => {
    const host = fakeScheduleHost()
    host.crontab = '0 3 * * * tokenctl renew --all --due\n'
    await install(host)
    for (const [run, words] of [
      [scheduleRemoveRun, /^Note: Line 1 /],
      [scheduleShowRun, /^Nothing is scheduled by tokenctl itself\.\nNote: Line 1 /],
    ] as const) {
      const world = await testWorld({ scheduleHost: host, env: ME })
      await run({}, world)
      expect(world.terminal.shown.err).toMatch(words)
    }
  })

  test('two schedules are a note: both run, and neither does harm', async () => {
    const host = fakeScheduleHost()
    await install(host, { using: 'cron' })
    const { crontab } = host
    await install(host, { using: 'systemd' })
    host.crontab = crontab
    const world = await testWorld({ scheduleHost: host, env: ME })
    expect(await scheduleShowRun({}, world)).toBe(0)
    expect(world.terminal.shown.out).toMatch(
      /\nNote: There are two schedules\.\nFix: `tokenctl schedule install`/,
    )
  })

  test.each([
    ['alone', ['crontab']],
    ['beside systemd', undefined],
  ])('a block that was cut by hand, %s: 3, and no "nothing"', async (_, has) => {
    const host = fakeScheduleHost(has && { has })
    await install(host, { using: 'cron' })
    const damaged = host.crontab?.replace(/^# tokenctl-schedule ends\.\n/m, '')
    if (has === undefined) await install(host, { using: 'systemd' })
    host.crontab = damaged
    const { exit, report } = await show(host)
    expect(exit).toBe(3)
    expect(report).toMatchObject({
      unseen: ['cron'],
      warnings: [expect.stringMatching(/^Whether cron .* damaged .*`crontab -e`/)],
    })
    const world = await testWorld({ scheduleHost: host, env: ME })
    await scheduleShowRun({}, world)
    expect(world.terminal.shown.err).not.toContain('Nothing is scheduled')
  })
})

describe('whose accounts', () => {
  const SHOP = { TOKENCTL_HOME: '/srv/shop' }

  test('a schedule of another home is neither replaced nor removed, and the words say how', async () => {
    const host = fakeScheduleHost()
    await install(host, {}, SHOP)
    const before = new Map(host.texts)
    for (const attempt of [() => install(host), () => remove(host), () => install(host, { using: 'cron' })]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('TOKENCTL_HOME=/srv/shop'),
        fix: expect.stringContaining("'TOKENCTL_HOME=/srv/shop' tokenctl schedule remove"),
      })
    }
    expect(host.texts).toEqual(before)
    const { report, exit } = await show(host)
    expect(report.schedules[0]?.findings).toMatchObject([{ what: 'other-home', grave: true }])
    expect(exit).toBe(3)
    expect((await show(host, SHOP)).exit).toBe(0)
    expect((await remove(host, SHOP)).report.outcome).toBe('removed')
  })

  test('root by sudo is told whose schedule it is', async () => {
    const { report } = await install(fakeScheduleHost({ uid: 0 }), {}, { SUDO_USER: 'me' })
    expect(report.warnings.join()).toMatch(/root's accounts/)
  })
})

describe('what changed since', () => {
  test('a program that is gone is named with its mend, exit 3; install mends it', async () => {
    const host = fakeScheduleHost()
    await install(host)
    const moved = { ...host, node: '/opt/node/bin/node' }
    host.texts.delete('/usr/bin/node')
    host.texts.set('/opt/node/bin/node', '')
    const { report, exit } = await show(moved)
    expect(report.schedules[0]?.findings).toMatchObject([
      { what: 'node-gone', grave: true, message: expect.stringContaining('/usr/bin/node') },
    ])
    expect(exit).toBe(3)
    expect((await install(moved)).report.outcome).toBe('replaced')
    expect((await show(moved)).exit).toBe(0)
  })

  test('a unit that was changed by hand', async () => {
    const host = fakeScheduleHost()
    await install(host)
    const timer = '/home/me/.config/systemd/user/tokenctl-renew.timer'
    host.texts.set(timer, `${host.texts.get(timer)}# mine\n`)
    expect((await show(host)).report.schedules[0]?.findings).toMatchObject([{ what: 'changed-by-hand' }])
    expect((await install(host)).report.outcome).toBe('replaced')
    host.texts.delete(timer)
    expect((await show(host)).exit).toBe(3)
    expect((await install(host)).report.outcome).toBe('replaced')
    expect((await show(host)).exit).toBe(0)
  })

  test('a machine that is renamed keeps its minute', async () => {
    const host = fakeScheduleHost({ has: ['crontab'], seed: 'one' })
    await install(host)
    expect(spreadOf('one')).not.toBe(spreadOf('two'))
    expect((await install({ ...host, seed: 'two' })).report.outcome).toBe('unchanged')
  })
})

describe('how often', () => {
  const CRON = { has: ['crontab'] }

  test.each([
    ['day', 'day', ['10:58']],
    ['1d', 'day', ['10:58']],
    ['24h', 'day', ['10:58']],
    ['12 hours', '12h', ['10:58', '22:58']],
    ['480m', '8h', ['02:58', '10:58', '18:58']],
  ])('--every %s', async (every, means, times) => {
    const { report } = await install(fakeScheduleHost(CRON), { every })
    expect(report.run).toMatchObject({ every: means, times })
  })

  test.each(['5h', '45m', '5m', '0h', '2d', '1 month', 'hourly', '6', ''])(
    '--every %j is refused',
    async every => {
      const host = fakeScheduleHost(CRON)
      await expect(install(host, { every })).rejects.toMatchObject({
        code: 'USAGE',
        message: `"${every}" is not how often a schedule can run.`,
        fix: 'Give one that a day divides into evenly: 1d, 12h, 8h, 6h, 4h, 3h, 2h, 1h, 30m, 20m, 15m or 10m.',
      })
      expect(host.crontab).toBeUndefined()
    },
  )

  test('a later install keeps it, and the minutes of every hour are said as such', async () => {
    const host = fakeScheduleHost(CRON)
    await install(host, { every: '20m' })
    const { report } = await install(host)
    expect(report).toMatchObject({ outcome: 'unchanged', run: { every: '20m' } })
    expect(report.run.times).toHaveLength(72)
    const world = await testWorld({ scheduleHost: host, env: ME })
    await scheduleShowRun({}, world)
    expect(world.terminal.shown.out).toMatch(
      /^cron runs `tokenctl renew --all --due` every hour at :18, :38 and :58\.$/m,
    )
    expect(world.terminal.shown.out).toMatch(/^18,38,58 \* \* \* \* /m)
  })
})

describe('what is refused or noted', () => {
  test.each(['25:00', 'noon'])('--at %s', async at => {
    await expect(install(fakeScheduleHost(), { at })).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('a proxy with a password; nothing is written', async () => {
    const host = fakeScheduleHost()
    await expect(install(host, {}, { https_proxy: 'http://me:s3cr3t@p:1' })).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      fix: expect.stringContaining('env -u https_proxy tokenctl schedule install'),
    })
    expect(host.texts.size).toBe(2)
  })

  test('with such a proxy in the shell the schedule there is can still be seen and removed', async () => {
    const host = fakeScheduleHost()
    await install(host, {}, { TOKENCTL_KEY_FILE: '/k' })
    const env = { https_proxy: 'http://me:s3cr3t@p:1' }
    const { exit, report } = await show(host, env)
    expect({ exit, findings: report.schedules[0]?.findings }).toEqual({ exit: 0, findings: [] })
    expect((await remove(host, env)).report.outcome).toBe('removed')
  })

  test('npx', async () => {
    const entry = '/home/me/.npm/_npx/12/node_modules/tokenctl/bin/tokenctl.js'
    await expect(install(fakeScheduleHost({ entry }))).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('npm install --global tokenctl'),
    })
  })

  test('a version manager’s Node', async () => {
    const node = '/home/me/.nvm/versions/node/v20.20.2/bin/node'
    const { report } = await install(fakeScheduleHost({ node }))
    expect(report.warnings).toEqual([expect.stringMatching(/nvm's folder.*tokenctl schedule install/)])
  })

  test('an access token that is handed on and would end between two runs', async () => {
    const header = {
      acceptedAt: NOW,
      accessExpiresAt: NOW + 2 * HOUR,
      delivery: delivery({ tokens: ['access'] }),
    }
    const accounts = [tokenSet({ account: 'ebay:main', ...header })]
    const noted = async (every: string) => {
      const world = await testWorld({ scheduleHost: fakeScheduleHost(), env: ME, accounts })
      expect(await scheduleInstallRun({ every }, world)).toBe(0)
      return world.terminal.shown.err
    }
    expect(await noted('1d')).toMatch(/^Note: The access token that ebay:main hands on .* --every 20m`\.$/m)
    expect(await noted('20m')).not.toContain('hands on')
  })

  test('nobody is logged in: linger', async () => {
    const host = fakeScheduleHost()
    host.programs.set('loginctl', () => answer(0, 'Linger=no\n'))
    expect((await install(host)).report.warnings).toEqual([expect.stringContaining('loginctl enable-linger')])
  })

  test('a key under a passphrase', async () => {
    const world = await testWorld({
      scheduleHost: fakeScheduleHost(),
      env: ME,
      settings: { 'key-source': 'passphrase' },
    })
    await scheduleInstallRun({}, world)
    expect(world.terminal.shown.err).toMatch(/passphrase.*key-source/)
  })

  test('a crontab that sets our home above our lines', async () => {
    const host = fakeScheduleHost({ has: ['crontab'] })
    host.crontab = 'TOKENCTL_HOME=/other\n'
    expect((await install(host)).report.warnings).toEqual([expect.stringMatching(/TOKENCTL_HOME in line 1/)])
  })

  test('a crontab that cannot be seen beside systemd: said, and no hindrance', async () => {
    const host = fakeScheduleHost()
    host.programs.set('crontab', () =>
      answer(1, '', 'You (me) are not allowed to use this program (crontab)\n'),
    )
    expect((await install(host)).report).toMatchObject({
      scheduler: 'systemd',
      outcome: 'installed',
      warnings: [
        expect.stringMatching(/Whether cron has a schedule of tokenctl's could not be seen.*not allowed/),
      ],
    })
    await remove(host)
    // And "nothing" would then be a guess.
    await expect(remove(host)).rejects.toMatchObject({ code: 'SCHEDULER_FAILED' })
  })
})

test('--dry-run changes nothing and shows the texts', async () => {
  const host = fakeScheduleHost()
  const { report } = await install(host, { dryRun: true, using: 'cron' })
  expect(report).toMatchObject({ dryRun: true, outcome: 'installed', scheduler: 'cron' })
  expect(report.parts[0]?.text).toContain('renew --all --due')
  expect(host.crontab).toBeUndefined()
  await install(host)
  const world = await testWorld({ scheduleHost: host, env: ME })
  expect(await scheduleRemoveRun({ dryRun: true }, world)).toBe(0)
  expect(world.terminal.shown.out).toMatch(/^Would be removed: the schedule of systemd\./)
  expect((await show(host)).report.schedules).toHaveLength(1)
})

describe('the proof', () => {
  const proof = (passed: boolean) => async () => ({ passed, messages: ['It opened the vault.'] })

  test.each([
    [true, 0],
    [false, 3],
  ])('passed: %s, exit %i, and the schedule stays', async (passed, exit) => {
    const host = fakeScheduleHost()
    const world = await testWorld({ scheduleHost: host, env: ME })
    expect(await scheduleInstallRun({ json: true }, world, proof(passed))).toBe(exit)
    expect(scheduleInstallSchema.parse(JSON.parse(world.terminal.shown.out)).proof?.passed).toBe(passed)
    expect((await show(host)).report.schedules).toHaveLength(1)
  })

  test('is asked for after every install, and by no dry run', async () => {
    const host = fakeScheduleHost()
    await install(host)
    const world = await testWorld({ scheduleHost: host, env: ME })
    expect(await scheduleInstallRun({}, world, proof(false))).toBe(3)
    const unreachable = () => expect.unreachable('nothing was installed')
    expect(await scheduleInstallRun({ dryRun: true, at: '03:00' }, world, unreachable)).toBe(0)
  })
})

test('what people read', async () => {
  const host = fakeScheduleHost({ has: ['crontab'] })
  const said: string[] = []
  const say = async (work: (world: TestWorld) => Promise<number>) => {
    const world = await testWorld({ scheduleHost: host, env: ME })
    const exit = await work(world)
    said.push(`exit ${exit}\n${world.terminal.shown.out}---\n${world.terminal.shown.err}`)
  }
  await say(world => scheduleShowRun({}, world))
  await say(world => scheduleInstallRun({ dryRun: true }, world))
  await say(world => scheduleInstallRun({}, world))
  await say(world => scheduleInstallRun({}, world))
  await say(world => scheduleShowRun({}, world))
  host.texts.delete('/usr/bin/node')
  await say(world => scheduleShowRun({}, world))
  await say(world => scheduleInstallRun({ at: '06:30', every: '12h' }, world))
  await say(world => scheduleRemoveRun({}, world))
  await expect(said.join('\n=====\n')).toMatchFileSnapshot('goldens/schedule.txt')
})
