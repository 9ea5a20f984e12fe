/**
 * A machine for schedules that is made of maps: files, a crontab, a user manager, launchd, Task Scheduler. Its programs
 * answer as the real ones do, and note every call; what a test does to them by hand is seen by the next.
 */
import type { PlainFiles } from '../../src/platform/plain-files.ts'
import type { ScheduleHost } from '../../src/platform/schedule-host.ts'
import type { NoRun, Ran, RunSystemProgram } from '../../src/platform/system-program.ts'
import { TIMER } from '../../src/schedule/systemd.ts'

type Answer = Ran | { readonly failed: NoRun }
type Program = (args: readonly string[], input: string) => Answer

export interface FakeScheduleHost extends ScheduleHost {
  /** Every call of a program: its name and words. */
  readonly calls: readonly string[]
  /** The texts of the files, by path. */
  readonly texts: Map<string, string>
  /** Programs by name; one that is missing is absent. */
  readonly programs: Map<string, Program>
  /** One character a byte; undefined for a user without one. */
  crontab: string | undefined
  /** The units that the manager runs. */
  readonly active: Set<string>
}

/** What a program answers. */
export function answer(status: number, stdout = '', stderr = ''): Ran {
  return { status, stdout: Buffer.from(stdout, 'latin1'), stderr: Buffer.from(stderr, 'latin1') }
}

export interface FakeHostOptions {
  readonly platform?: NodeJS.Platform
  /** Which programs there are; all of the platform without. */
  readonly has?: readonly string[]
  readonly node?: string
  readonly entry?: string
  readonly seed?: string
  readonly uid?: number
}

/** Such a machine, with nothing scheduled; Node and the program are in their files. */
export function fakeScheduleHost(options: FakeHostOptions = {}): FakeScheduleHost {
  const { platform = 'linux', node = '/usr/bin/node', entry = '/opt/tokenctl/bin/tokenctl.js' } = options
  const calls: string[] = []
  const texts = new Map([
    [node, ''],
    [entry, ''],
  ])
  const active = new Set<string>()
  const host: FakeScheduleHost = {
    platform,
    uid: platform === 'win32' ? undefined : (options.uid ?? 1000),
    home: '/home/me',
    seed: options.seed ?? 'a machine',
    node,
    entry: { real: entry, typed: undefined },
    run: runner(),
    files: mapFiles(texts),
    calls,
    texts,
    active,
    crontab: undefined,
    programs: new Map(),
  }
  const known: Record<string, Program> = {
    crontab: crontabOf(host),
    systemctl: systemctlOf(host),
    loginctl: () => answer(0, 'Linger=yes\n'),
    launchctl: launchctlOf(host),
    'schtasks.exe': schtasksOf(host),
  }
  const byPlatform: Partial<Record<NodeJS.Platform, string[]>> = {
    win32: ['schtasks.exe'],
    darwin: ['launchctl', 'crontab'],
  }
  for (const name of options.has ?? byPlatform[platform] ?? ['crontab', 'systemctl', 'loginctl']) {
    const program = known[name]
    if (program !== undefined) host.programs.set(name, program)
  }
  return host

  function runner(): RunSystemProgram {
    return async (command, args, { input } = {}) => {
      const name = command.replace(/^.*[\\/]/, '')
      calls.push([name, ...args].join(' '))
      const program = host.programs.get(name)
      return program?.(args, Buffer.from(input ?? []).toString('latin1')) ?? { failed: 'absent' }
    }
  }
}

function mapFiles(texts: Map<string, string>): PlainFiles {
  return {
    read: path => texts.get(path),
    write: (path, data) => void texts.set(path, Buffer.from(data).toString('utf8')),
    remove: path => texts.delete(path),
    exists: path => texts.has(path),
    real: path => (texts.has(path) ? path : undefined),
  }
}

// Debian's words.
function crontabOf(host: FakeScheduleHost): Program {
  return ([word], input) => {
    if (word === '-l')
      return host.crontab === undefined ? answer(1, '', 'no crontab for me\n') : answer(0, host.crontab)
    host.crontab = word === '-' ? input : undefined
    return answer(0)
  }
}

function systemctlOf({ active, texts }: FakeScheduleHost): Program {
  const isEnabled = () => active.has(`enabled ${TIMER}`)
  return ([, word, name = '', other = '']) => {
    const unit = name === '--now' ? other : name
    switch (word) {
      case 'is-system-running':
        return answer(0, 'running\n')
      case 'enable':
        if (![...texts.keys()].some(path => path.endsWith(`/${unit}`)))
          return answer(1, '', `Failed to enable unit: Unit file ${unit} does not exist.\n`)
        active.add(`enabled ${unit}`)
        return answer(0)
      case 'restart':
        active.add(unit)
        return answer(0)
      case 'disable':
        active.delete(`enabled ${unit}`)
        active.delete(unit)
        return answer(0)
      case 'show':
        return answer(
          0,
          `ActiveState=${active.has(unit) ? 'active' : 'inactive'}\nUnitFileState=${isEnabled() ? 'enabled' : 'disabled'}\n`,
        )
      default:
        return answer(0)
    }
  }
}

function launchctlOf({ active }: FakeScheduleHost): Program {
  return ([word, name = '']) => {
    const label = name.split('/')[2]
    if (word === 'bootstrap') active.add('tokenctl.renew')
    if (word === 'bootout') return answer(active.delete(label ?? '') ? 0 : 3)
    if (word === 'print') return answer(label === undefined || active.has(label) ? 0 : 113)
    return answer(0)
  }
}

function schtasksOf(host: FakeScheduleHost): Program {
  const place = 'the task'
  return args => {
    const [word] = args
    if (word === '/Create') {
      const text = host.texts.get(args[args.indexOf('/XML') + 1] ?? '') ?? ''
      // The file is UTF-16 and was kept as if it were UTF-8; what it says is ASCII here.
      host.texts.set(place, text.replaceAll('\0', '').replace(/^[^<]*/, ''))
      return answer(0)
    }
    if (word === '/Delete') return answer(host.texts.delete(place) ? 0 : 1)
    if (!args.includes('/TN')) return answer(0)
    const text = host.texts.get(place)
    return text === undefined
      ? answer(1, '', 'ERROR: The system cannot find the file specified.\n')
      : answer(0, text)
  }
}
