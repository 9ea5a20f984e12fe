/** The crontab driver where things go wrong: nothing of a person's is lost, whatever `crontab` does. */
import { describe, expect, test } from 'vitest'
import { cronScheduler, handWrittenCronLines } from '../../../src/cli/schedulers/cron.ts'
import { cronLines } from '../../../src/schedule/crontab.ts'
import { PLAIN } from '../../schedule/sample-job.ts'
import { answer, fakeScheduleHost } from '../../support/schedule-host.ts'

// A byte that is no UTF-8.
const MINE = 'MAILTO=me\n0 1 * * * mine \u00e9\n'

describe('no crontab yet, in the words of', () => {
  test.each([
    ['Debian and Red Hat', 'no crontab for me\n'],
    ['macOS and FreeBSD', 'crontab: no crontab for me\n'],
    ['busybox', "crontab: can't open 'me': No such file or directory\n"],
  ])('%s', async (_, words) => {
    const host = fakeScheduleHost()
    const crontab = host.programs.get('crontab')
    host.programs.set('crontab', (args, input) =>
      args[0] === '-l' && host.crontab === undefined
        ? answer(1, '', words)
        : (crontab?.(args, input) ?? answer(1)),
    )
    await cronScheduler(host).put(PLAIN)
    expect(host.crontab).toBe(cronLines(PLAIN))
  })
})

describe('one that cannot be read is never written over', () => {
  test.each([
    [
      'not allowed',
      answer(1, '', 'You (me) are not allowed to use this program (crontab)\nSee crontab(1)\n'),
    ],
    ['another failure', answer(1, '', 'crontabs/me/: Permission denied\n')],
    ['another failure without words', answer(1)],
    ['killed', { ...answer(0), status: null }],
    ['hung', { failed: 'hung' } as const],
    ['too much', { failed: 'endless' } as const],
  ])('%s', async (_, listed) => {
    const host = fakeScheduleHost()
    host.programs.set('crontab', ([word]) => (word === '-l' ? listed : expect.unreachable('written')))
    const cron = cronScheduler(host)
    for (const work of [() => cron.put(PLAIN), () => cron.take(), () => cron.installed()])
      await expect(work()).rejects.toMatchObject({ code: 'SCHEDULER_FAILED', exit: 3 })
    expect(await cron.whyNot()).toMatch(/crontab/)
    expect(await handWrittenCronLines(host)).toEqual([])
  })
})

test('one that somebody changes between our reading and our writing is left alone', async () => {
  const host = fakeScheduleHost()
  let reads = 0
  host.programs.set('crontab', ([word]) => {
    if (word !== '-l') return expect.unreachable('written')
    reads += 1
    return answer(0, `${MINE}0 ${reads} * * * mine\n`)
  })
  await expect(cronScheduler(host).put(PLAIN)).rejects.toMatchObject({
    code: 'SCHEDULER_FAILED',
    message: expect.stringContaining('meanwhile'),
  })
})

test('what is refused on writing is told in the program’s words', async () => {
  const host = fakeScheduleHost()
  host.programs.set('crontab', ([word]) =>
    word === '-l' ? answer(0, MINE) : answer(1, '', '"-":4: bad minute\nerrors in crontab file\n'),
  )
  await expect(cronScheduler(host).put(PLAIN)).rejects.toMatchObject({
    message: expect.stringContaining('"-":4: bad minute'),
    fix: 'Your crontab is as it was.',
  })
})

test('what is not there after writing is noticed', async () => {
  const host = fakeScheduleHost()
  host.programs.set('crontab', ([word]) => answer(0, word === '-l' ? MINE : ''))
  await expect(cronScheduler(host).put(PLAIN)).rejects.toMatchObject({
    message: expect.stringContaining('does not hold'),
  })
})

test('put, put again and take: every other byte stays, and what is the same is not written', async () => {
  const host = fakeScheduleHost()
  host.crontab = MINE
  const cron = cronScheduler(host)
  await cron.put(PLAIN)
  expect(host.crontab).toBe(MINE + cronLines(PLAIN))
  await cron.put(PLAIN)
  expect(host.calls.filter(call => call === 'crontab -')).toHaveLength(1)
  expect(await cron.installed()).toMatchObject({ isAsMade: true, isActive: true, job: PLAIN })
  await cron.take()
  expect(host.crontab).toBe(MINE)
})

test('a line that was commented out is not as made', async () => {
  const host = fakeScheduleHost()
  const cron = cronScheduler(host)
  await cron.put(PLAIN)
  host.crontab = host.crontab?.replace(/^17 /m, '#17 ')
  expect(await cron.installed()).toMatchObject({ isAsMade: false, job: PLAIN })
})
