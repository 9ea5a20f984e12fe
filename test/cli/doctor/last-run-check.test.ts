/** When the last run over all accounts ended, how, and whether the next is overdue. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { NO_SCHEDULES, type SeeSchedules } from '../../../src/cli/doctor/schedule-checks.ts'
import type { Exit } from '../../../src/cli/exit.ts'
import { requestCheck } from '../../../src/cli/schedules/check-request.ts'
import { noteRun } from '../../../src/cli/schedules/run-note.ts'
import type { Finding } from '../../../src/cli/shapes/doctor-shape.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { DAY, HOUR, MINUTE, toIso } from '../../../src/tokens/time.ts'
import { stateOf } from '../../support/broken-world.ts'
import { fakeClock } from '../../support/clock.ts'
import { diagnose, NOW, soundHome } from '../../support/doctor-world.ts'
import { screen } from '../render/screen.ts'

const see =
  (installed: readonly string[], longestWaitMs: number | null = null): SeeSchedules =>
  async () => ({ ...NO_SCHEDULES, installed, longestWaitMs })
const DAILY = see(['systemd'], DAY + HOUR)
const NOBODY = see([])

const past = (home: string, at: number) => ({
  clock: fakeClock(at),
  files: createNodeFiles(),
  folders: { settings: home, state: stateOf(home) },
  terminal: screen('pipe'),
})

/** What is said of it in a home whose last run ended so long ago, with this status. */
async function saidOf(
  sight: SeeSchedules,
  ago: number | null,
  exit: Exit = 0,
): Promise<{ readonly finding: Finding | undefined; readonly exit: number }> {
  const home = await soundHome()
  if (ago !== null) noteRun(exit, past(home, NOW - ago))
  const { report, exit: ended } = await diagnose(home, { see: sight })
  return { finding: report.findings.find(({ id }) => id === 'last-run'), exit: ended }
}

describe('overdue', () => {
  test.each<[string, sight: SeeSchedules, ago: number | null, state: Finding['state']]>([
    ['a daily one, within its time and two hours', DAILY, DAY + 3 * HOUR, 'ok'],
    ['a daily one, a minute later', DAILY, DAY + 3 * HOUR + MINUTE, 'warning'],
    ['every six hours, within its time', see(['cron'], 6 * HOUR), 8 * HOUR, 'ok'],
    ['every six hours, later', see(['cron'], 6 * HOUR), 8 * HOUR + MINUTE, 'warning'],
    ['a line made by hand: three days', see(['a line of your crontab']), 3 * DAY, 'ok'],
    ['a line made by hand, later', see(['a line of your crontab']), 3 * DAY + MINUTE, 'warning'],
    ['nothing is scheduled: a person ran it', NOBODY, 30 * DAY, 'ok'],
    ['the schedulers cannot be asked, and none ever looked at itself', async () => undefined, 30 * DAY, 'ok'],
    ['a clock that was ahead', DAILY, -DAY, 'ok'],
    ['never, and nothing is scheduled', NOBODY, null, 'skipped'],
    ['never, by a schedule that never looked at itself', DAILY, null, 'skipped'],
  ])('%s', async (_, sight, ago, state) => {
    const { finding, exit } = await saidOf(sight, ago)
    expect(finding?.state).toBe(state)
    expect(exit).toBe(0)
    if (state === 'warning')
      expect(finding).toMatchObject({
        what: expect.stringMatching(/^The last run .* None came since by the schedule/),
        mend: expect.stringMatching(/`tokenctl schedule show`.*`tokenctl renew --all --due`/),
      })
  })

  test('how often it should run is said', async () => {
    expect((await saidOf(see(['cron'], 6 * HOUR), DAY)).finding?.what).toMatch(
      /^The last run of `renew --all --due` ended 2026-11-21 .*\. None came since by the schedule, which should run every 6 h at the latest\.$/,
    )
  })

  test('a schedule that was installed and never came, though a person ran it since', async () => {
    const home = await soundHome()
    requestCheck(false, past(home, NOW - 2 * DAY))
    noteRun(0, past(home, NOW - HOUR))
    const { report } = await diagnose(home, { see: DAILY })
    expect(report.findings.find(({ id }) => id === 'last-run')).toMatchObject({
      state: 'warning',
      what: expect.stringMatching(/None came by the schedule since that was installed 2026-11-20 /),
    })
  })

  test('a run by hand does not hide that none came by the schedule', async () => {
    const home = await soundHome()
    noteRun(0, { ...past(home, NOW - HOUR), terminal: screen(80) })
    await diagnose(home, { scheduled: true })
    const seen = join(stateOf(home), 'scheduled-check.json')
    const nineDaysAgo = { ...JSON.parse(readFileSync(seen, 'utf8')), at: toIso(NOW - 9 * DAY) }
    writeFileSync(seen, JSON.stringify(nineDaysAgo))
    const { report } = await diagnose(home, { see: DAILY })
    expect(report.findings.find(({ id }) => id === 'last-run')).toMatchObject({
      state: 'warning',
      what: expect.stringMatching(/ended 2026-11-22 .*None came since by the schedule/),
    })
  })

  test('its own look at itself counts as a run', async () => {
    const home = await soundHome()
    noteRun(0, past(home, NOW - 9 * DAY))
    await diagnose(home, { scheduled: true })
    const { report } = await diagnose(home, { see: DAILY })
    expect(report.findings.find(({ id }) => id === 'last-run')?.state).toBe('ok')
  })
})

describe('after a run that a person typed', () => {
  /** What is said after one that nobody typed, two hours ago, and one by hand since that went well. */
  async function saidAfter(exit: Exit, sight: SeeSchedules): Promise<Finding | undefined> {
    const home = await soundHome()
    noteRun(exit, past(home, NOW - 2 * HOUR))
    noteRun(0, { ...past(home, NOW - HOUR), terminal: screen(80) })
    const { report } = await diagnose(home, { see: sight })
    return report.findings.find(({ id }) => id === 'last-run')
  }

  test.each<[exit: Exit, sight: SeeSchedules, state: Finding['state']]>([
    [5, DAILY, 'problem'],
    [1, async () => undefined, 'problem'],
    // The person has mended the accounts, or has renewed where nothing is scheduled.
    [3, DAILY, 'ok'],
    [4, DAILY, 'ok'],
    [5, NOBODY, 'ok'],
    [0, DAILY, 'ok'],
  ])('the schedule that ended with %d before', async (exit, sight, state) => {
    const finding = await saidAfter(exit, sight)
    expect(finding?.state).toBe(state)
    if (state === 'problem') expect(finding?.what).toMatch(/^The last run of .* that nobody typed ended /)
  })

  test('a schedule that ran a moment before is not late', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true })
    const seen = join(stateOf(home), 'scheduled-check.json')
    writeFileSync(
      seen,
      JSON.stringify({ ...JSON.parse(readFileSync(seen, 'utf8')), at: toIso(NOW - 30 * DAY) }),
    )
    noteRun(0, past(home, NOW - MINUTE))
    noteRun(0, { ...past(home, NOW), terminal: screen(80) })
    const { report } = await diagnose(home, { see: DAILY })
    expect(report.findings.find(({ id }) => id === 'last-run')?.state).toBe('ok')
  })
})

describe('its exit status', () => {
  test.each<[exit: Exit, state: Finding['state'], code: string | null, words: RegExp, mend: RegExp]>([
    [0, 'ok', null, /ended 2026-11-22 \d\d:\d\d\.$/, /^$/],
    [1, 'problem', 'BUG', /with 1: a fault of tokenctl\.$/, /`tokenctl renew --all --due` here/],
    [2, 'problem', null, /with 2: .*refused\.$/, /`tokenctl renew --all --due` here/],
    [3, 'warning', null, /with 3: a person must act\.$/, /`tokenctl status`/],
    [4, 'warning', null, /with 4: not all could be renewed\.$/, /`tokenctl status`/],
    [5, 'problem', 'VAULT_UNAVAILABLE', /with 5: the vault did not open\.$/, /`tokenctl schedule install`/],
    [130, 'warning', null, /with 130: it was stopped\.$/, /`tokenctl renew --all --due`/],
  ])('%d', async (exit, state, code, words, mend) => {
    const { finding, exit: ended } = await saidOf(DAILY, HOUR, exit)
    expect(finding).toMatchObject({ state, code, what: expect.stringMatching(words) })
    expect(finding?.mend ?? '').toMatch(mend)
    expect(ended).toBe(state !== 'problem' ? 0 : exit === 2 ? 3 : exit)
  })

  test('failed and overdue: both are said, with both mends', async () => {
    const { finding } = await saidOf(DAILY, 9 * DAY, 5)
    expect(finding?.what).toMatch(/with 5: the vault did not open\. None came since/)
    expect(finding?.mend).toMatch(/schedule install.*schedule show/)
  })
})
