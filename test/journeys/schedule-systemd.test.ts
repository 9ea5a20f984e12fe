/**
 * The schedule in a real user manager of systemd, where the machine has one to start, on a machine of its own; and
 * what `systemd-analyze verify` says of the units wherever there is one.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ScheduleShowReport, scheduleShowSchema } from '../../src/cli/shapes/schedule-shape.ts'
import type { Job } from '../../src/schedule/job.ts'
import { SERVICE, systemdUnits, TIMER } from '../../src/schedule/systemd.ts'
import { parseCalendar } from '../support/calendar.ts'
import { documentedLine } from '../support/documented-line.ts'
import { hasProgram } from '../support/needed-program.ts'
import { oddJob, oddWords } from '../support/odd-job.ts'
import { canBePrivate, type PrivateMachine, privateMachine } from '../support/private-machine.ts'
import { startProxy } from '../support/proxy.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, NODE, type Run } from '../support/tokenctl.ts'

const MANAGER = '/usr/lib/systemd/systemd'
const BUS = { XDG_RUNTIME_DIR: '/run/user/0' }
// Every sign that the units give a meaning to; quotes and a backslash only where systemd takes them.
const SIGNS = 'a b%c$d{HOME}e;f#g caf\u00e9'
const MORE_SIGNS = `${SIGNS}'h"i\\j$HOME %h`

/** A machine whose user manager answers; undefined where none comes up (a container without control groups). */
async function managed(): Promise<PrivateMachine | undefined> {
  const machine = await privateMachine()
  machine.start([MANAGER, '--user', '--log-target=null'], BUS)
  for (let tries = 0; tries < 100; tries += 1) {
    const { stdout } = await machine.run(['systemctl', '--user', 'is-system-running', '--wait'], BUS)
    if (/^(running|degraded)$/m.test(stdout)) return machine
  }
  return undefined
}

function schedule(machine: PrivateMachine, home: string, ...words: string[]): Promise<Run> {
  return machine.run([NODE, BIN, 'schedule', ...words], { TOKENCTL_HOME: home })
}

/** A hook that is a script of its own. */
async function hook(machine: PrivateMachine, home: string, when: string, body: string): Promise<void> {
  const path = join(temporaryHome(), 'hook')
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o700 })
  const words = [NODE, BIN, 'hooks', 'add', when, '--timeout', '60s', '--', path]
  expect(await machine.run(words, { TOKENCTL_HOME: home })).toMatchObject({ status: 0 })
}

async function shown(machine: PrivateMachine, home: string): Promise<ScheduleShowReport> {
  const { stdout } = await schedule(machine, home, 'show', '--json')
  return scheduleShowSchema.parse(JSON.parse(stdout))
}

describe.skipIf(!(hasProgram(MANAGER) && canBePrivate))(
  'with a real user manager',
  { timeout: 90_000 },
  () => {
    test('install, show, again, stopped by hand, another time, remove', async context => {
      const machine = (await managed()) ?? context.skip('no user manager comes up here')
      const home = await connectedHome(await simulated([shop('ebay:main', 30, 547)]))
      const systemctl = (...words: string[]) => machine.run(['systemctl', '--user', ...words], BUS)
      const when = async () => (await systemctl('show', TIMER, '--property=TimersCalendar')).stdout
      const units = join(machine.home, '.config', 'systemd', 'user')

      const installed = await schedule(machine, home, 'install')
      expect(installed.stdout).toMatch(/^Installed: systemd runs /)
      expect(installed.stdout).toMatch(
        /^Proven: started by .*, by Node .*, it opened a record of ebay:main,/m,
      )
      expect(installed.status).toBe(0)
      expect(await when()).toMatch(/OnCalendar=\*-\*-\* 10:00:00 ; next_elapse=\w+ \d/)
      const properties = '--property=Persistent,RandomizedDelayUSec,FixedRandomDelay,ActiveState'
      expect((await systemctl('show', TIMER, properties)).stdout.split('\n').sort().join(' ').trim()).toBe(
        'ActiveState=active FixedRandomDelay=yes Persistent=yes RandomizedDelayUSec=1h',
      )
      expect((await shown(machine, home)).schedules).toMatchObject([{ active: true, findings: [] }])
      expect((await schedule(machine, home, 'install')).stdout).toMatch(/^Nothing to change: /)

      await systemctl('stop', TIMER)
      expect((await shown(machine, home)).schedules[0]?.findings).toMatchObject([
        { what: 'not-active', grave: true },
      ])
      expect((await schedule(machine, home, 'show')).status).toBe(3)
      await schedule(machine, home, 'install', '--at', '7:15', '--every', '12h')
      expect((await when()).match(/OnCalendar=\S+ [\d:]+/g)?.sort()).toEqual([
        'OnCalendar=*-*-* 07:15:00',
        'OnCalendar=*-*-* 19:15:00',
      ])
      expect((await shown(machine, home)).schedules).toMatchObject([{ active: true, findings: [] }])

      expect(await schedule(machine, home, 'remove')).toMatchObject({ status: 0 })
      for (const name of [SERVICE, TIMER, `timers.target.wants/${TIMER}`])
        expect(existsSync(join(units, name))).toBe(false)
      expect((await systemctl('show', TIMER, '--property=LoadState')).stdout).toBe('LoadState=not-found\n')
    })

    test('the service renews, started by the manager from its own environment', async context => {
      const machine = (await managed()) ?? context.skip('no user manager comes up here')
      const simulator = await simulated([shop('ebay:main', 120, 547)])
      const home = await connectedHome(simulator)
      await schedule(machine, home, 'install')
      // `start` waits for the end of a oneshot service.
      expect(await machine.run(['systemctl', '--user', 'start', SERVICE], BUS)).toMatchObject({ status: 0 })
      expect(simulator.accounts().map(each => each.refreshes)).toEqual([1])
    })

    test('a run that cannot do its work there: 3, what is wrong and what mends it; nothing is renewed for it', async context => {
      const machine = (await managed()) ?? context.skip('no user manager comes up here')
      const simulator = await simulated([shop('ebay:main', 120, 547)])
      const home = await connectedHome(simulator)
      // A shell that is given the key as systemd gives it, which the service is not.
      const credentials = join(machine.home, 'credentials')
      mkdirSync(credentials, { mode: 0o700 })
      renameSync(join(home, 'vault.key'), join(credentials, 'tokenctl-key'))
      const settings = join(home, 'config.json')
      writeFileSync(settings, readFileSync(settings, 'utf8').replace('{', '{"key-source":"systemd",'))
      const typed = (...words: string[]) =>
        machine.run([NODE, BIN, ...words], { TOKENCTL_HOME: home, CREDENTIALS_DIRECTORY: credentials })
      expect((await typed('status', '--verify')).status).toBe(0)
      const installed = await typed('schedule', 'install')
      expect(installed.stdout).toMatch(/^Started by the scheduler it cannot do its work:$/m)
      expect(installed.stdout).toMatch(
        /^Problem: systemd gave this process no credential named tokenctl-key\.$/m,
      )
      expect(installed.status).toBe(3)
      expect(simulator.accounts().map(each => each.refreshes)).toEqual([0])
      expect((await typed('schedule', 'show')).stdout).toMatch(
        /^The scheduled run last looked .*says why\.$/m,
      )
      const doctor = await typed('doctor', '--offline')
      expect(doctor.stdout).toMatch(/^PROBLEM {2}scheduled-run: The scheduled run found .*no credential/m)
    })

    // docs/unattended.md: "Hooks".
    test('what a hook leaves running is ended with the run, unless it is begun by systemd-run', async context => {
      const machine = (await managed()) ?? context.skip('no user manager comes up here')
      const home = await connectedHome(await simulated([shop('ebay:main', 120, 547)]))
      await schedule(machine, home, 'install')
      const folder = temporaryHome()
      await hook(
        machine,
        home,
        'after',
        // It leaves all its outputs, and its group of processes.
        `setsid sleep 600 < /dev/null > /dev/null 2>&1 &
echo $! > ${folder}/left
systemd-run --user --quiet --unit=stays sleep 600`,
      )
      expect(await machine.run(['systemctl', '--user', 'start', SERVICE], BUS)).toMatchObject({ status: 0 })
      const left = readFileSync(join(folder, 'left'), 'utf8').trim()
      expect(left).toMatch(/^[1-9]\d*$/)
      expect((await machine.run(['test', '-d', `/proc/${left}`])).status).toBe(1)
      const { stdout } = await machine.run(['systemctl', '--user', 'is-active', 'stays'], BUS)
      expect(stdout).toBe('active\n')
    })

    test('stopped, a run lets the hook that is open finish, and calls no other', async context => {
      const machine = (await managed()) ?? context.skip('no user manager comes up here')
      const simulator = await simulated([shop('ebay:main', 120, 547), shop('ebay:outlet', 120, 547)])
      const home = await connectedHome(simulator)
      await schedule(machine, home, 'install')
      const folder = temporaryHome()
      // It ends when it may, and says which account it was called for.
      await hook(
        machine,
        home,
        'after',
        `mkfifo ${folder}/may; echo $TOKENCTL_ACCOUNT >> ${folder}/begun; read word < ${folder}/may; echo $word >> ${folder}/ended`,
      )
      const systemctl = (...words: string[]) => machine.run(['systemctl', '--user', ...words], BUS)
      await systemctl('start', '--no-block', SERVICE)
      await expect.poll(() => existsSync(join(folder, 'begun')), { timeout: 20_000 }).toBe(true)
      await systemctl('stop', '--no-block', SERVICE)
      const state = async () => (await systemctl('show', SERVICE, '--property=SubState')).stdout.trim()
      await expect.poll(state).toBe('SubState=stop-sigterm')
      writeFileSync(join(folder, 'may'), 'finished\n')
      await expect.poll(state, { timeout: 20_000 }).not.toBe('SubState=stop-sigterm')
      expect(readFileSync(join(folder, 'ended'), 'utf8')).toBe('finished\n')
      expect(readFileSync(join(folder, 'begun'), 'utf8').trim().split('\n')).toHaveLength(1)
      expect(simulator.accounts().map(each => each.refreshes)).toEqual([1, 1])
    })

    // docs/unattended.md: "The key from systemd" and "Behind a proxy with a password".
    test('what a person adds beside it holds, and stays over an install: a credential, a file of variables', async context => {
      const machine = (await managed()) ?? context.skip('no user manager comes up here')
      const simulator = await simulated([shop('ebay:main', 120, 547)])
      const home = await connectedHome(simulator)
      const proxy = await startProxy({ credentials: 'name:s3cr3t' })
      context.onTestFinished(() => proxy.close())
      await schedule(machine, home, 'install')
      const key = join(machine.home, 'key')
      renameSync(join(home, 'vault.key'), key)
      const variables = join(machine.home, 'proxy.env')
      writeFileSync(variables, `http_proxy=${proxy.url}\n`, { mode: 0o600 })
      const beside = join(machine.home, '.config', 'systemd', 'user', `${SERVICE}.d`)
      mkdirSync(beside)
      writeFileSync(
        join(beside, 'override.conf'),
        `[Service]\nLoadCredential=tokenctl-key:${key}\nEnvironmentFile=${variables}\n`,
      )
      await schedule(machine, home, 'install', '--at', '11:00')
      // The proof has this environment too, and asks the way of each marketplace that is connected.
      const proven = proxy.tunnels()
      expect(proven).toBeGreaterThan(0)
      expect(await machine.run(['systemctl', '--user', 'start', SERVICE], BUS)).toMatchObject({ status: 0 })
      expect(simulator.accounts().map(each => each.refreshes)).toEqual([1])
      expect(proxy.tunnels() - proven).toBe(1)
      await schedule(machine, home, 'remove')
      expect(existsSync(join(beside, 'override.conf'))).toBe(true)
    })

    // docs/monitoring.md: "Written every day".
    test('a calendar that a person has written after each run is there after one that needs a person', async context => {
      const machine = (await managed()) ?? context.skip('no user manager comes up here')
      const home = await connectedHome(await simulated([shop('amazon:main', 355, 365)]))
      await schedule(machine, home, 'install')
      const beside = join(machine.home, '.config', 'systemd', 'user', `${SERVICE}.d`)
      mkdirSync(beside)
      writeFileSync(join(beside, 'override.conf'), `[Service]\n${documentedLine(/^(ExecStopPost=.*)$/m)}\n`)
      await machine.run(['systemctl', '--user', 'daemon-reload'], BUS)
      const start = async () => (await machine.run(['systemctl', '--user', 'start', SERVICE], BUS)).status
      const property = async (name: string) =>
        (await machine.run(['systemctl', '--user', 'show', SERVICE, `--property=${name}`], BUS)).stdout.trim()
      // There is no such folder yet, and that is seen.
      await start()
      expect(await property('ExecStopPost')).toContain('; status=5 }')
      mkdirSync(join(machine.home, 'public'))
      await start()
      expect(await property('ExecMainStatus')).toBe('ExecMainStatus=3')
      expect(await property('ExecStopPost')).toContain('; status=0 }')
      const text = readFileSync(join(machine.home, 'public', 'tokenctl.ics'), 'utf8')
      // The account, and the app's secret.
      expect(parseCalendar(text).components).toHaveLength(2)
    })

    test('whatever signs are in the paths arrive as they are', async context => {
      const machine = (await managed()) ?? context.skip('no user manager comes up here')
      const { job, noted } = oddJob(machine.home, MORE_SIGNS, SIGNS)
      const units = join(machine.home, '.config', 'systemd', 'user')
      mkdirSync(units, { recursive: true })
      for (const { name, text } of systemdUnits(job)) writeFileSync(join(units, name), text)
      await machine.run(['systemctl', '--user', 'daemon-reload'], BUS)
      expect(await machine.run(['systemctl', '--user', 'start', SERVICE], BUS)).toMatchObject({ status: 0 })
      expect(readFileSync(noted, 'utf8')).toBe(oddWords(job))
    })
  },
)

describe.skipIf(!hasProgram('systemd-analyze'))('systemd-analyze verify', () => {
  const verified = (job: Job, folder: string) => {
    const paths = systemdUnits(job).map(({ name, text }) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    })
    const env = { PATH: process.env['PATH'], HOME: folder, XDG_RUNTIME_DIR: folder }
    return ended(spawn('systemd-analyze', ['verify', '--user', ...paths], { env }))
  }

  test.each([
    ['plain', 'plain', 'day'] as const,
    [SIGNS, MORE_SIGNS, '12h'] as const,
    ['plain', 'plain', '1h'] as const,
    ['plain', 'plain', '10m'] as const,
  ])('has nothing to say of %s, %s, every %s', async (signsOfNode, signs, every) => {
    const folder = temporaryHome()
    const { job } = oddJob(folder, signs, signsOfNode)
    expect(await verified({ ...job, every }, folder)).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  test('can say something: a program that is not there', async () => {
    const folder = temporaryHome()
    const { job } = oddJob(folder, 'plain')
    expect((await verified({ ...job, node: '/nonexistent/node' }, folder)).status).not.toBe(0)
  })
})
