/**
 * The service and the timer of systemd's user manager, as text. Pure; quoting by systemd.syntax(7) and
 * systemd.service(5).
 * Hardening stops at what cannot harm: no mount namespace (PrivateTmp, ProtectHome), since the keychain's bus and HOME
 * must be reachable and some kernels give a user none; no MemoryDenyWriteExecute, since V8 compiles.
 */
import { formatClockTime, hoursAndMinutes, type Job, markOf, spreadWithin, timesOf, WORDS } from './job.ts'
import { CONTROLS, refuse } from './refusal.ts'

/** The names of the two units, without their folder. */
export const SERVICE = 'tokenctl-renew.service'
export const TIMER = 'tokenctl-renew.timer'

/**
 * The two files, by name.
 *
 * @throws {USAGE} for what systemd takes in no path: control characters, and quotes or a backslash in the program's.
 */
export function systemdUnits(job: Job): readonly { readonly name: string; readonly text: string }[] {
  refuse(job, CONTROLS, 'control characters')
  // "Executable name contains special characters", checked with systemd 252.
  refuse(job, /["'\\]/, 'quotes or a backslash', [["Node's path", job.node]])
  return [
    { name: SERVICE, text: service(job) },
    { name: TIMER, text: timer(job) },
  ]
}

const MADE = [
  '# Made by `tokenctl schedule install`, which also changes it; `tokenctl schedule remove` takes it away.',
  '# What you add by `systemctl --user edit` is kept apart and stays.',
]

function service(job: Job): string {
  const lines = [
    ...MADE,
    `# ${markOf(job)}`,
    '[Unit]',
    'Description=Renew the credentials that tokenctl keeps, where they are due',
    '',
    '[Service]',
    'Type=oneshot',
    // In the program's own path a dollar stays as it is; in what follows it would begin a variable.
    `ExecStart="${job.node.replaceAll('%', '%%')}" ${quoted(job.entry.replaceAll('$', '$$$$'))} ${WORDS.join(' ')}`,
    ...Object.entries(job.env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    'UMask=0077',
    'NoNewPrivileges=yes',
    // A thousand accounts that all time out take half of it.
    'TimeoutStartSec=30min',
    // Then, and at `systemctl stop`, tokenctl alone is asked to end: it lets what is open finish, its programs among it.
    'KillMode=mixed',
  ]
  return `${lines.join('\n')}\n`
}

/** One word in double quotes: backslash and quote escaped as in C, `%` doubled. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`
}

function timer(job: Job): string {
  const lines = [
    ...MADE,
    '[Unit]',
    'Description=When tokenctl renews what is due',
    '',
    '[Timer]',
    ...calendarOf(job).map(time => `OnCalendar=*-*-* ${time}:00`),
    `RandomizedDelaySec=${spreadWithin(job)}min`,
    // Drawn once for this machine and not anew each day. Before systemd 247 it is passed over with a line in the log.
    'FixedRandomDelay=true',
    // A run that the machine slept through is made up for.
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]
  return `${lines.join('\n')}\n`
}

/** The times as systemd.time(7) has them: one line each, or one for the minutes of every hour. */
function calendarOf(job: Job): readonly string[] {
  const times = timesOf(job)
  const { hours, minutes } = hoursAndMinutes(times)
  if (hours !== null) return times.map(formatClockTime)
  return [`*:${minutes.map(minute => String(minute).padStart(2, '0')).join(',')}`]
}
