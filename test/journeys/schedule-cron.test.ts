/**
 * The schedule in a real crontab, by Debian's own `cron` and `crontab` where they are installed, on a machine of its
 * own; and a run that this cron starts from its own empty environment.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readScheduledCheck } from '../../src/cli/schedules/scheduled-check.ts'
import { scheduleInstallSchema, scheduleShowSchema } from '../../src/cli/shapes/schedule-shape.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { cronLines } from '../../src/schedule/crontab.ts'
import { parseCalendar } from '../support/calendar.ts'
import { documentedLine } from '../support/documented-line.ts'
import { hasProgram } from '../support/needed-program.ts'
import { oddJob, oddWords } from '../support/odd-job.ts'
import { canBePrivate, type PrivateMachine, privateMachine } from '../support/private-machine.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, NODE, type Run } from '../support/tokenctl.ts'

const isHere = hasProgram('cron') && hasProgram('crontab') && canBePrivate

function schedule(machine: PrivateMachine, home: string, ...words: string[]): Promise<Run> {
  return machine.run([NODE, BIN, 'schedule', ...words], { TOKENCTL_HOME: home })
}

describe.skipIf(!isHere)('with a real cron', { timeout: 90_000 }, () => {
  test('install, show, again, another time, remove: the rest of the crontab stays byte for byte', async () => {
    const machine = await privateMachine()
    const home = temporaryHome()
    // Tabs, an empty line, a setting, an escaped sign: whatever a crontab may hold.
    const before = '# caf\u00e9\nMAILTO=me@example.org\n\n5 4\t* * *  echo "100\\%"\n'
    await machine.run(['crontab', '-'], {}, before)
    const listed = async () => (await machine.run(['crontab', '-l'])).stdout

    const installed = await schedule(machine, home, 'install', '--json')
    expect(installed).toMatchObject({ status: 0, stderr: '' })
    expect(scheduleInstallSchema.parse(JSON.parse(installed.stdout))).toMatchObject({
      scheduler: 'cron',
      outcome: 'installed',
    })
    const after = await listed()
    expect(after.startsWith(before)).toBe(true)
    expect(after).toMatch(/^\d{1,2} 10 \* \* \* \/usr\/bin\/env 'TOKENCTL_HOME=.*' renew --all --due$/m)

    const shown = await schedule(machine, home, 'show', '--json')
    expect(scheduleShowSchema.parse(JSON.parse(shown.stdout)).schedules).toMatchObject([{ findings: [] }])
    expect(shown.status).toBe(0)

    expect((await schedule(machine, home, 'install')).stdout).toMatch(/^Nothing to change: /)
    expect(await listed()).toBe(after)

    expect((await schedule(machine, home, 'install', '--at', '06:30')).stdout).toMatch(/^Replaced: /)
    expect(await listed()).toMatch(/^\d{1,2} [67] \* \* \* /m)

    expect(await schedule(machine, home, 'remove')).toMatchObject({ status: 0 })
    expect(await listed()).toBe(before)
    expect((await schedule(machine, home, 'remove')).stderr).toMatch(/^Nothing is scheduled/)
  })

  test('the last lines of a crontab go with the crontab', async () => {
    const machine = await privateMachine()
    const home = temporaryHome()
    await schedule(machine, home, 'install')
    await schedule(machine, home, 'remove')
    expect((await machine.run(['crontab', '-l'])).stderr).toMatch(/^no crontab for root/)
  })

  test('the line that is installed renews, started by cron from its own environment', async () => {
    const machine = await privateMachine()
    const simulator = await simulated([shop('ebay:main', 120, 547), shop('amazon:main', 30, 365)])
    const home = await connectedHome(simulator)
    const installed = await schedule(machine, home, 'install')
    expect(installed.stdout).toMatch(
      /The next scheduled run \((tomorrow )?at \d\d:\d\d\) looks whether it can do its work/,
    )
    const { stdout } = await machine.run(['crontab', '-l'])
    // The same line at a time that comes at once: when cron starts. Its minute would be a minute's wait.
    const line = /^\d+ \d+ \* \* \* (.*)$/m.exec(stdout)?.[1]
    const noted = join(machine.home, 'noted')
    // In place at once, so that nobody reads half of it: a shell makes the file before `env` has a word for it.
    await machine.run(
      ['crontab', '-'],
      {},
      `@reboot ${line}; env > ${noted}.part; mv ${noted}.part ${noted}\n`,
    )
    machine.start(['cron', '-f'], { SHOULD_NOT: 'BE SEEN' })
    await expect.poll(() => existsSync(noted), { timeout: 20_000 }).toBe(true)
    expect(simulator.accounts().map(each => each.refreshes)).toEqual([1, 0])
    const env = readFileSync(noted, 'utf8')
    expect(env).toContain(`HOME=${machine.home}\n`)
    expect(env).not.toContain('SHOULD_NOT')
    expect(env).not.toContain('TOKENCTL')
    // Cron cannot be told to start it now, so its first run looked beside its work, in that very environment.
    const check = readScheduledCheck(join(home, 'state'), createNodeFiles())
    expect(check).toMatchObject({ path: '/usr/bin:/bin', exit: 0 })
    expect(check?.findings).toContainEqual(expect.objectContaining({ id: 'opened-record', state: 'ok' }))
  })

  // docs/monitoring.md: "Written every day".
  test('a line of a person beside it writes a calendar, started by cron from its own environment', async () => {
    const machine = await privateMachine()
    const home = await connectedHome(await simulated([shop('amazon:main', 355, 365)]))
    const line = documentedLine(/^17 11 \* \* \* {2}(.*)$/m)
    const file = join(machine.home, 'tokenctl.ics')
    const typed = line.replace('/home/me/public/tokenctl.ics', file)
    await machine.run(['crontab', '-'], {}, `TOKENCTL_HOME=${home}\n@reboot ${typed}\n`)
    // It is no schedule of renewals, and installing one leaves it.
    expect((await schedule(machine, home, 'show')).stderr).toMatch(/^Nothing is scheduled/)
    await schedule(machine, home, 'install')
    expect((await machine.run(['crontab', '-l'])).stdout).toContain(`@reboot ${typed}\n`)
    machine.start(['cron', '-f'])
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true)
    // The account, and the app's secret.
    expect(parseCalendar(readFileSync(file, 'utf8')).components).toHaveLength(2)
  })

  test('whatever signs are in the paths arrive as they are, also in another shell', async () => {
    for (const shell of ['/bin/sh', '/bin/bash']) {
      const machine = await privateMachine()
      const { job, noted } = oddJob(machine.home, `a b'c%d$e"f!g;h&i#j*k~l caf\u00e9`)
      const line = /^\d+ \d+ \* \* \* (.*)$/m.exec(cronLines(job))?.[1]
      await machine.run(['crontab', '-'], {}, `SHELL=${shell}\n@reboot ${line}\n`)
      machine.start(['cron', '-f'])
      await expect.poll(() => existsSync(noted), { timeout: 20_000 }).toBe(true)
      expect(readFileSync(noted, 'utf8')).toBe(oddWords(job))
    }
  })

  test('a crontab with the damaged half of our lines is left as it is', async () => {
    const machine = await privateMachine()
    const home = temporaryHome()
    await schedule(machine, home, 'install')
    const { stdout } = await machine.run(['crontab', '-l'])
    const damaged = stdout.replace(/^# tokenctl-schedule ends.*\n/m, '0 1 * * * mine\n')
    await machine.run(['crontab', '-'], {}, damaged)
    for (const words of [['install'], ['remove']]) {
      const { status, stderr } = await schedule(machine, home, ...words)
      expect(stderr).toMatch(/In your crontab, line 1, .*\[SCHEDULER_FAILED\]\nFix: .*crontab -e/)
      expect(status).toBe(3)
    }
    expect((await machine.run(['crontab', '-l'])).stdout).toBe(damaged)
  })
})
