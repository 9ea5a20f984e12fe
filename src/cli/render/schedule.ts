/** What `schedule` says to people: results on standard output, what to know on standard error. */
import type { Terminal } from '../../platform/terminal.ts'
import type { SchedulerKind } from '../../schedule/job.ts'
import { lastProofWords } from '../schedules/schedule-proof.ts'
import type {
  ScheduledRun,
  ScheduleInstallReport,
  ScheduleRemoveReport,
  ScheduleShowReport,
} from '../shapes/schedule-shape.ts'
import { safeLine, safeText } from './safe-text.ts'

type HandWritten = ScheduleShowReport['handWritten'][number]

const TITLES: Readonly<Record<SchedulerKind, string>> = {
  systemd: 'systemd',
  cron: 'cron',
  launchd: 'launchd',
  'task-scheduler': 'Task Scheduler',
}

function runWords(scheduler: SchedulerKind, { times, withinMinutes }: ScheduledRun): string {
  // Of a time in every hour its minutes say all: `:17`.
  const isHourly = times.length >= 24
  const said = isHourly ? [...new Set(times.map(time => time.slice(2)))].sort() : times
  const [last = '', ...before] = [...said].reverse()
  const all = before.length === 0 ? last : `${before.reverse().join(', ')} and ${last}`
  const when = withinMinutes === 0 ? `at ${all}` : `within ${withinMinutes} minutes after ${all}`
  return `${TITLES[scheduler]} runs \`tokenctl renew --all --due\` every ${isHourly ? 'hour' : 'day'} ${when}`
}

/** What was installed, or would be. */
export function presentInstall(report: ScheduleInstallReport, terminal: Terminal): void {
  const { dryRun, outcome, scheduler, run, parts, removed, proof } = report
  const begin = dryRun
    ? { installed: 'Would be installed', replaced: 'Would be replaced', unchanged: 'Nothing to change' }
    : { installed: 'Installed', replaced: 'Replaced', unchanged: 'Nothing to change' }
  terminal.out(`${begin[outcome]}: ${runWords(scheduler, run)}.\n`)
  for (const { place, text } of parts)
    terminal.out(dryRun && outcome !== 'unchanged' ? partText(place, text) : `  ${placeWords(place)}\n`)
  for (const each of removed)
    terminal.out(`${dryRun ? 'Would be removed' : 'Removed'}: the schedule of ${TITLES[each]}.\n`)
  for (const message of proof?.messages ?? []) terminal.out(`${safeLine(message)}\n`)
  if (outcome !== 'unchanged' && !dryRun)
    terminal.err('`tokenctl schedule show` shows it letter for letter.\n')
  presentNotes(report, true, terminal)
}

/** The schedules there are, with what is wrong with each. */
export function presentShow(report: ScheduleShowReport, terminal: Terminal): void {
  if (report.schedules.length === 0) terminal.err(`${nothingWords(report)}\n`)
  for (const { scheduler, run, parts, findings, active } of report.schedules) {
    const what = run === null ? `${TITLES[scheduler]} has a schedule of tokenctl's` : runWords(scheduler, run)
    terminal.out(`${what}.\n`)
    for (const { place, text } of parts) terminal.out(partText(place, text))
    for (const { message, fix, grave } of findings)
      terminal.out(`\n${grave ? 'Problem' : 'Note'}: ${safeLine(message)}\nFix: ${safeText(fix)}\n`)
    if (findings.length === 0) terminal.out('\nIt is what would be installed now.\n')
    if (active === null)
      terminal.err(`Note: ${TITLES[scheduler]} did not answer, so whether it will run is not known.\n`)
  }
  if (report.lastProof !== null) terminal.out(`\n${lastProofWords(report.lastProof)}\n`)
  if (report.schedules.length > 1)
    terminal.out('\nNote: There are two schedules.\nFix: `tokenctl schedule install` leaves one.\n')
  const isOurs = ({ findings }: ScheduleShowReport['schedules'][number]) =>
    !findings.some(({ what }) => what === 'other-home')
  presentNotes(report, report.schedules.some(isOurs), terminal)
}

function nothingWords({ handWritten, unseen }: ScheduleShowReport): string {
  if (unseen.length > 0) return `Whether something is scheduled could not be seen.`
  return handWritten.some(({ home }) => home === 'this')
    ? 'Nothing is scheduled by tokenctl itself.'
    : 'Nothing is scheduled. `tokenctl schedule install` has the machine renew by itself.'
}

/** What was removed, or would be. */
export function presentRemove(report: ScheduleRemoveReport, terminal: Terminal): void {
  const { dryRun, removed, outcome } = report
  if (outcome === 'nothing') terminal.err('Nothing is scheduled.\n')
  for (const { scheduler, places } of removed) {
    terminal.out(`${dryRun ? 'Would be removed' : 'Removed'}: the schedule of ${TITLES[scheduler]}.\n`)
    for (const place of places) terminal.out(`  ${placeWords(place)}\n`)
  }
  if (outcome === 'removed' && !dryRun && !report.handWritten.some(({ home }) => home === 'this'))
    terminal.err('From now on nothing is renewed by itself; `tokenctl status` says when what is due.\n')
  presentNotes(report, false, terminal)
}

/** @param isBeside whether there is a schedule of this home, too. */
function presentNotes(
  { warnings, handWritten }: Pick<ScheduleShowReport, 'warnings' | 'handWritten'>,
  isBeside: boolean,
  terminal: Terminal,
): void {
  for (const warning of warnings) terminal.err(`Note: ${safeLine(warning)}\n`)
  for (const { line, home } of handWritten)
    terminal.err(
      `Note: Line ${line} of your crontab, made by hand, runs \`tokenctl renew\`${WHOSE[home](isBeside)}\n`,
    )
}

/** Of which home nothing is known, or another's: whether the line can go is the person's to say. */
const WHOSE: Readonly<Record<HandWritten['home'], (isBeside: boolean) => string>> = {
  this: isBeside =>
    isBeside
      ? ' too. One of the two is enough: `crontab -e` removes the line.'
      : ' for the accounts of this home.',
  other: () => ' for another home.',
  unknown: () => '; whether it reaches the accounts of this home is not known.',
}

const placeWords = (place: string) => (place === 'crontab' ? 'your crontab' : safeLine(place))

/** A text with its place above it, as `systemctl cat` shows one. */
function partText(place: string, text: string): string {
  return `\n# ${placeWords(place)}\n${safeText(text)}`
}
