/** The schedule beside what its own run saw of itself. (When one last ended: last-run-check.) */
import { describe, expect, test } from 'vitest'
import type { Schedules } from '../../../src/cli/doctor/schedule-checks.ts'
import { noteRun } from '../../../src/cli/run-note.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { stateOf } from '../../support/broken-world.ts'
import { fakeClock } from '../../support/clock.ts'
import { diagnose, NOW, soundHome } from '../../support/doctor-world.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { screen } from '../render/screen.ts'

const see =
  (installed: readonly string[], faults: Schedules['faults'] = []) =>
  async () => ({ installed, longestWaitMs: null, faults })
const noteOf = (home: string, at: number, exit: 0 | 4 = 0) =>
  noteRun(exit, {
    clock: fakeClock(at),
    files: createNodeFiles(),
    folders: { settings: home, state: stateOf(home) },
    terminal: screen('pipe'),
  })

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

  test('two: a warning that names both', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true })
    const { wrong } = await said(home, see(['systemd', 'a line of your crontab']))
    expect(wrong).toMatchObject([
      { id: 'schedule', state: 'warning', what: expect.stringMatching(/systemd and a line/) },
    ])
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

  test('given', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true })
    expect((await said(home, see(['systemd']))).proof).toEqual(['ok'])
  })

  test('failed, and a later run went well: no more than a warning', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true, machine: { nodeVersion: '18.0.0' } })
    expect((await said(home, see(['systemd']))).proof).toEqual(['problem'])
    noteOf(home, NOW + 1000, 4)
    expect((await said(home, see(['systemd']))).proof).toEqual(['problem'])
    noteOf(home, NOW + 1000)
    expect((await said(home, see(['systemd']))).proof).toEqual(['warning'])
  })
})
