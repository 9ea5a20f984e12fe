/** The driver of the user manager where it answers otherwise, or not. (That the real one takes it: journeys/schedule-systemd.) */
import { describe, expect, test } from 'vitest'
import { systemdScheduler } from '../../../src/cli/schedulers/systemd.ts'
import type { RunSystemProgram } from '../../../src/platform/system-program.ts'
import { PLAIN } from '../../schedule/sample-job.ts'
import { answer, fakeScheduleHost } from '../../support/schedule-host.ts'

const SESSION = { XDG_RUNTIME_DIR: '/run/user/1000' }

test.each<[string, ReturnType<typeof answer> | { failed: 'absent' | 'hung' }, RegExp | undefined]>([
  ['running', answer(0, 'running\n'), undefined],
  ['degraded, by some unit of its own', answer(1, 'degraded\n'), undefined],
  ['starting', answer(1, 'starting\n'), undefined],
  ['offline', answer(1, 'offline\n'), /^systemd's user manager is offline$/],
  ['no bus', answer(1, '', 'Failed to connect to bus: No medium found\n'), /No medium found$/],
  [
    'no bus, by another version',
    answer(1, 'unknown\n', 'Failed to connect to bus: $X not defined\n'),
    /not defined$/,
  ],
  ['no systemd', { failed: 'absent' }, /^`systemctl` is not there$/],
  ['hung', { failed: 'hung' }, /^`systemctl` did not answer in time$/],
])('%s', async (_, said, why) => {
  const host = fakeScheduleHost()
  host.programs.set('systemctl', () => said)
  const reason = await systemdScheduler(host, SESSION).whyNot()
  if (why === undefined) expect(reason).toBeUndefined()
  else expect(reason).toMatch(why)
})

test.each([
  ['that went well', answer(0), 'ended'],
  ['that failed', answer(1, '', 'Job for tokenctl-renew.service failed\n'), 'ended'],
  ['that outlasts the wait', { failed: 'hung' } as const, 'runs-still'],
  ['without systemctl', { failed: 'absent' } as const, 'not-started'],
])('a start %s', async (_, said, started) => {
  const host = fakeScheduleHost()
  host.programs.set('systemctl', () => said)
  expect(await systemdScheduler(host, SESSION).startNow?.()).toBe(started)
})

describe('the address of the manager', () => {
  const addresses = async (env: Record<string, string>, isThere: boolean) => {
    const seen: unknown[] = []
    const host = fakeScheduleHost()
    if (isThere) host.texts.set('/run/user/1000', '')
    const run: RunSystemProgram = async (_, __, options) => {
      seen.push(options?.env)
      return answer(0, 'running\n')
    }
    await systemdScheduler({ ...host, run }, env).whyNot()
    return seen
  }

  test('is looked for where systemd puts it, by a shell that has none', async () => {
    expect(await addresses({}, true)).toEqual([{ XDG_RUNTIME_DIR: '/run/user/1000' }])
    expect(await addresses({ XDG_RUNTIME_DIR: '' }, true)).toEqual([{ XDG_RUNTIME_DIR: '/run/user/1000' }])
  })

  test('is the shell’s own, where it has one', async () => {
    expect(await addresses(SESSION, true)).toEqual([{}])
    expect(await addresses({}, false)).toEqual([{}])
  })
})

test('a masked timer: the words of systemctl, and what was written is said', async () => {
  const host = fakeScheduleHost()
  const systemctl = host.programs.get('systemctl')
  host.programs.set('systemctl', (args, input) =>
    args[1] === 'enable'
      ? answer(1, '', 'Failed to enable unit: Unit file is masked.\n')
      : (systemctl?.(args, input) ?? answer(1)),
  )
  await expect(systemdScheduler(host, SESSION).put(PLAIN)).rejects.toMatchObject({
    code: 'SCHEDULER_FAILED',
    message: expect.stringMatching(/systemctl --user enable tokenctl-renew.timer.*masked\.$/),
    fix: expect.stringMatching(/^The files are written, and nothing runs yet/),
  })
})

test('taking away while nobody answers: the files go, the link with them, and it is said', async () => {
  const host = fakeScheduleHost()
  const systemd = systemdScheduler(host, SESSION)
  await systemd.put(PLAIN)
  host.texts.set('/home/me/.config/systemd/user/timers.target.wants/tokenctl-renew.timer', '')
  host.programs.set('systemctl', () => answer(1, '', 'Failed to connect to bus\n'))
  await expect(systemd.take()).rejects.toMatchObject({
    fix: expect.stringContaining('The files are removed'),
  })
  expect([...host.texts.keys()].filter(path => path.includes('tokenctl-renew'))).toEqual([])
})
