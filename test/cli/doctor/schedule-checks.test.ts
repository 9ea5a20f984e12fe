/** The schedule beside what its own run saw of itself. (When one last ended: last-run-check.) */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { NO_SCHEDULES, type Schedules } from '../../../src/cli/doctor/schedule-checks.ts'
import { requestCheck } from '../../../src/cli/schedules/check-request.ts'
import { noteRun } from '../../../src/cli/schedules/run-note.ts'
import { scheduledCheckPath } from '../../../src/cli/schedules/scheduled-check.ts'
import type { Finding } from '../../../src/cli/shapes/doctor-shape.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { DAY, HOUR, MINUTE } from '../../../src/tokens/time.ts'
import type { TokenSet } from '../../../src/tokens/token-set.ts'
import { writeLastOpened } from '../../../src/vault/marker.ts'
import { delivery } from '../../support/accounts.ts'
import { stateOf } from '../../support/broken-world.ts'
import { fakeClock } from '../../support/clock.ts'
import { diagnose, doctorWorld, fineAccount, NOW, soundHome } from '../../support/doctor-world.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { screen } from '../render/screen.ts'

const see =
  (installed: readonly string[], faults: Schedules['faults'] = [], more: Partial<Schedules> = {}) =>
  async (): Promise<Schedules> => ({ ...NO_SCHEDULES, installed, faults, ...more })

/** Notes the end of a run that opened a record, unless it had nothing to do. */
function noteOf(
  home: string,
  at: number,
  { exit = 0, opened = true, isTyped = false }: { exit?: 0 | 4; opened?: boolean; isTyped?: boolean } = {},
) {
  const files = createNodeFiles()
  const folders = { settings: home, state: stateOf(home) }
  const begun = at - 500
  if (opened) writeLastOpened(folders.state, { at: begun, by: 'renew' }, files)
  noteRun(exit, { clock: fakeClock(at), files, folders, terminal: screen(isTyped ? 80 : 'pipe') }, begun)
}

/** The states of what the two checks say of it. */
async function said(home: string, sight: ReturnType<typeof see>) {
  const { report, wrong } = await diagnose(home, { see: sight })
  const of = (id: string) => report.findings.filter(each => each.id === id).map(({ state }) => state)
  return { schedule: of('schedule'), proof: of('scheduled-run'), wrong }
}

describe('the schedule', () => {
  test('none, with accounts: a warning that names the command', async () => {
    const { schedule, wrong } = await said(await soundHome(), see([]))
    expect(schedule).toEqual(['warning'])
    expect(wrong[0]?.mend).toMatch(/`tokenctl schedule install`/)
  })

  test('none, and no account: nothing to say', async () => {
    const { report } = await diagnose(temporaryHome(), { see: see([]), offline: true })
    expect(report.findings.find(({ id }) => id === 'schedule')?.state).toBe('skipped')
  })

  test.each([
    [['systemd', 'cron'], false, /leaves one of those that it made\.$/],
    [['systemd', 'a line of your crontab'], true, /apart\. `crontab -e` removes a line made by hand\.$/],
    [['systemd', 'cron', 'a line of your crontab'], true, /leaves one of those .* `crontab -e`/],
  ])(
    'several (%j): a warning that names all, and what can take each away',
    async (all, hasHandMade, mend) => {
      const home = await soundHome()
      await diagnose(home, { scheduled: true })
      const { wrong } = await said(home, see(all, [], { hasHandMade }))
      expect(wrong).toMatchObject([
        {
          id: 'schedule',
          state: 'warning',
          what: `Several schedules do the same work: ${all.join(' and ')}.`,
          mend: expect.stringMatching(mend),
        },
      ])
    },
  )

  test('none for this home: what there is in its place, and only where there is an account', async () => {
    const insteadOfNone = [{ isGrave: false, message: 'Another home’s.', fix: 'Take it away.' }]
    const { wrong } = await said(await soundHome(), see([], [], { insteadOfNone }))
    expect(wrong).toMatchObject([{ id: 'schedule', state: 'warning', what: 'Another home’s.' }])
    const { report } = await diagnose(temporaryHome(), { see: see([], [], { insteadOfNone }), offline: true })
    expect(report.findings.find(({ id }) => id === 'schedule')?.state).toBe('skipped')
  })

  test('one that could not be looked into: a warning with its reason, and no word of the runs', async () => {
    const faults = [{ isGrave: false, message: 'Damaged.', fix: '`crontab -e`' }]
    const { report, wrong } = await diagnose(await soundHome(), { see: see([], faults, { isBlind: true }) })
    expect(wrong).toMatchObject([
      { id: 'schedule', state: 'warning', what: 'Damaged.', mend: '`crontab -e`' },
    ])
    expect(report.findings.find(({ id }) => id === 'scheduled-run')?.state).toBe('skipped')
  })

  test('a grave fault is a problem, another a warning', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true })
    const faults = [
      { isGrave: true, message: 'Node is gone.', fix: '`tokenctl schedule install`' },
      { isGrave: false, message: 'Another proxy.', fix: '`tokenctl schedule install`' },
    ]
    const { schedule } = await said(home, see(['cron'], faults))
    expect(schedule).toEqual(['problem', 'warning'])
    expect((await diagnose(home, { see: see(['cron'], faults) })).exit).toBe(3)
  })
})

describe('its own proof', () => {
  test('never given: a warning', async () => {
    const { proof, wrong } = await said(await soundHome(), see(['systemd']))
    expect(proof).toEqual(['warning'])
    expect(wrong[0]?.what).toMatch(/never proved/)
  })

  test('asked for, and no run came yet: no advice to ask again', async () => {
    const home = await soundHome()
    requestCheck(false, doctorWorld(home))
    const { proof, wrong } = await said(home, see(['cron']))
    expect([proof, wrong]).toEqual([['skipped'], []])
    const failing = await soundHome()
    await diagnose(failing, { scheduled: true, env: { TOKENCTL_KEY_FILE: '/nonexistent/vault.key' } })
    requestCheck(false, doctorWorld(failing))
    expect((await said(failing, see(['cron']))).wrong[0]).toMatchObject({
      state: 'problem',
      mend: expect.stringMatching(
        /^Restore it .* The next scheduled run looks, as `tokenctl schedule install` asked/,
      ),
    })
  })

  test('given', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true })
    expect((await said(home, see(['systemd']))).proof).toEqual(['ok'])
  })

  test('given before there was an account: a warning, until a run has opened one or it is given anew', async () => {
    const home = await soundHome({ accounts: [] })
    const path = scheduledCheckPath(stateOf(home))
    await diagnose(home, { scheduled: true })
    expect((await said(home, see(['cron']))).proof).toEqual(['ok'])
    const full = await soundHome()
    const check = JSON.parse(readFileSync(path, 'utf8'))
    check.findings = check.findings.filter((each: Finding) => each.id !== 'opened-record')
    writeFileSync(scheduledCheckPath(stateOf(full)), JSON.stringify(check), { mode: 0o600 })
    expect((await said(full, see(['cron']))).wrong).toMatchObject([
      { id: 'scheduled-run', state: 'warning', what: expect.stringMatching(/was never proven\.$/) },
    ])
    noteOf(full, NOW + 1000)
    expect((await said(full, see(['cron']))).proof).toEqual(['ok'])
  })

  test('failed, and a later run opened a record and went well: no more than a warning', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true, machine: { nodeVersion: '18.0.0' } })
    expect((await said(home, see(['systemd']))).proof).toEqual(['problem'])
    noteOf(home, NOW + 1000, { exit: 4 })
    expect((await said(home, see(['systemd']))).proof).toEqual(['problem'])
    noteOf(home, NOW + 2000, { isTyped: true })
    expect((await said(home, see(['systemd']))).proof).toEqual(['problem'])
    noteOf(home, NOW + 3000)
    expect((await said(home, see(['systemd']))).proof).toEqual(['warning'])
    // What it showed holds, whatever the next one had to do.
    noteOf(home, NOW + 4000, { opened: false })
    expect((await said(home, see(['systemd']))).proof).toEqual(['warning'])
  })

  test('failed since its key is nowhere, and a later run with nothing due needed none: still a problem', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true, env: { TOKENCTL_KEY_FILE: '/nonexistent/vault.key' } })
    noteOf(home, NOW + 1000, { opened: false })
    const { proof, wrong } = await said(home, see(['cron']))
    expect(proof).toEqual(['problem'])
    expect(wrong[0]?.mend).toMatch(/^Restore it from your backup\. .* Then `tokenctl schedule install` has /)
  })

  test('failed with nothing that mends it but a new proof', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true, machine: { nodeVersion: '18.0.0' } })
    const path = scheduledCheckPath(stateOf(home))
    const check = JSON.parse(readFileSync(path, 'utf8'))
    for (const each of check.findings) each.mend = null
    writeFileSync(path, JSON.stringify(check))
    expect((await said(home, see(['systemd']))).wrong[0]?.mend).toBe(
      '`tokenctl schedule install` has the scheduled run prove itself again.',
    )
  })

  test('failed with a code that only a newer version knows', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true, machine: { nodeVersion: '18.0.0' } })
    const path = scheduledCheckPath(stateOf(home))
    const check = JSON.parse(readFileSync(path, 'utf8'))
    for (const each of check.findings) if (each.state === 'problem') each.code = 'MOON_FULL'
    writeFileSync(path, JSON.stringify(check))
    const { report, exit } = await diagnose(home, { see: see(['systemd']) })
    expect(report.findings).toContainEqual(
      expect.objectContaining({ id: 'scheduled-run', state: 'problem', code: null }),
    )
    expect(exit).toBe(3)
  })
})

describe('access tokens of hours that are handed on', () => {
  /** One that came a moment before and lives so long. */
  const handing = (account: string, lifeMs: number) =>
    fineAccount(account, {
      acceptedAt: NOW,
      accessExpiresAt: NOW + lifeMs,
      delivery: delivery({ tokens: ['access'], deliveredGeneration: 1, deliveredAt: NOW }),
    })
  const EBAY = handing('ebay:main', 2 * HOUR)
  const AMAZON = handing('amazon:main', HOUR)

  test.each<
    [string, TokenSet[], waitMinutes: number | null, shortestMinutes: number, says: RegExp | undefined]
  >([
    ['every day', [EBAY], 1500, 0, /ebay:main hands on .* 30 min .* 1 day 1 h .* --every 20m`\.$/],
    ['as often as its margin', [EBAY], 30, 0, /--every 20m/],
    ['a little more often', [EBAY], 29, 0, undefined],
    [
      'for two: the shorter counts',
      [EBAY, AMAZON],
      25,
      0,
      /amazon:main hands on .* 15 min .* --every 10m`\.$/,
    ],
    [
      'for two: both',
      [EBAY, AMAZON],
      1500,
      0,
      /that 2 accounts hand on \(.*\) have .* 15 min .* --every 10m`\.$/,
    ],
    ['every day, by Task Scheduler', [EBAY], 1500, 30, /`--margin`.*more often than every 30 min\.$/],
    ['by a line of one’s own: nobody can tell', [EBAY], null, 0, undefined],
    ['every day, for a token of a month', [handing('aliexpress:main', 30 * DAY)], 1500, 0, undefined],
  ])('%s', async (_, accounts, waitMinutes, shortestMinutes, says) => {
    const home = await soundHome({ accounts })
    await diagnose(home, { scheduled: true })
    const longestWaitMs = waitMinutes === null ? null : waitMinutes * MINUTE
    const { wrong } = await said(home, see(['systemd'], [], { longestWaitMs, shortestMinutes }))
    expect(wrong.map(({ id, state }) => `${id} ${state}`)).toEqual(says ? ['deliveries warning'] : [])
    if (says) expect(`${wrong[0]?.what} ${wrong[0]?.mend}`).toMatch(says)
  })
})
