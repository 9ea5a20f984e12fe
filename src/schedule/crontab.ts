/**
 * Our lines in a person's crontab, and the crontab with them put in or taken out. Pure: text in, text out, and every
 * other line stays as it is, byte for byte. A crontab is held as one character a byte (latin1), since nobody says
 * which encoding it is in. Settings of the crontab (PATH, SHELL, MAILTO) are the person's and not touched.
 */
import { TokenctlError } from '../errors.ts'
import { hoursAndMinutes, type Job, markOf, timesOf, WORDS } from './job.ts'
import { CONTROLS, refuse, valuesOf } from './refusal.ts'

const BEGIN = '# tokenctl-schedule begins.'
const END = '# tokenctl-schedule ends.'
/** The two marks, the job, the line that is run. */
const OWN_LINES = 4

/**
 * Our lines, from the first mark to the last.
 *
 * @throws {USAGE} for control characters, and for a backslash, which cron and the shells read differently.
 */
export function cronLines(job: Job): string {
  refuse(job, CONTROLS, 'control characters')
  refuse(job, /\\/, 'a backslash')
  // A run begins at this machine's own minute, since cron itself spreads nothing.
  const { hours, minutes } = hoursAndMinutes(timesOf(job, job.spread))
  const when = `${minutes.join(',')} ${hours?.join(',') ?? '*'} * * *`
  const lines = [
    `${BEGIN} Made by \`tokenctl schedule install\`; \`tokenctl schedule remove\` takes it out.`,
    `# ${markOf(job)}`,
    `${when} ${commandOf(job)}`,
    END,
  ]
  return `${lines.join('\n')}\n`
}

/** `env` and not `NAME=value command`, which only some of the shells understand that a crontab may name. */
function commandOf({ node, entry, env }: Job): string {
  const variables = Object.entries(env).map(([name, value]) => quoted(`${name}=${value}`))
  const words = [
    ...(variables.length === 0 ? [] : ['/usr/bin/env', ...variables]),
    quoted(node),
    quoted(entry),
  ]
  return [...words, ...WORDS].join(' ')
}

/** One word for a shell, and a `%`, which cron would take for a line's end, as crontab(5) has it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''").replaceAll('%', '\\%')}'`
}

/** Text as bytes of UTF-8, one character a byte. */
const asBytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
/** And back. */
const asText = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8')

/** One line of a crontab. */
export interface Line {
  /** With its line break. */
  readonly bytes: string
  readonly isOurs: boolean
}

/**
 * A crontab line by line.
 *
 * @throws {SCHEDULER_FAILED} as `DamagedMarks`.
 */
export function linesOf(crontab: string): readonly Line[] {
  let since: number | undefined
  const lines = (crontab.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((bytes, index): Line => {
    const [begins, ends] = [bytes.startsWith(BEGIN), bytes.startsWith(END)]
    if ((begins && since !== undefined) || (ends && since === undefined)) throw new DamagedMarks(index + 1)
    if (begins) since = index
    // A line that somebody put between ours would be lost with them.
    if (since !== undefined && index - since >= OWN_LINES) throw new DamagedMarks(since + 1)
    const isOurs = since !== undefined
    if (ends) since = undefined
    return { bytes, isOurs }
  })
  if (since !== undefined) throw new DamagedMarks(since + 1)
  return lines
}

/** One of our marks is gone, or what is between them is more than ours: nobody can say which lines are ours. */
export class DamagedMarks extends TokenctlError {
  constructor(line: number) {
    super(
      'SCHEDULER_FAILED',
      `In your crontab, line ${line}, tokenctl's own lines are damaged or mixed with others.`,
      {
        fix: 'Nothing was changed. Remove the lines of `tokenctl-schedule` by `crontab -e` and run it again.',
      },
    )
  }
}

/** Our lines in a crontab; undefined when there are none. @throws {SCHEDULER_FAILED} when the marks are damaged. */
export function ownLines(crontab: string): string | undefined {
  const ours = linesOf(crontab).filter(({ isOurs }) => isOurs)
  return ours.length === 0 ? undefined : asText(ours.map(({ bytes }) => bytes).join(''))
}

/**
 * The crontab with these lines for ours: where ours were, else at the end. Without lines, ours are taken out.
 *
 * @throws {SCHEDULER_FAILED} when the marks are damaged.
 */
export function withOwnLines(crontab: string, own: string | undefined): string {
  const lines = linesOf(crontab)
  const first = lines.findIndex(({ isOurs }) => isOurs)
  const kept = (part: readonly Line[]) =>
    part
      .filter(({ isOurs }) => !isOurs)
      .map(({ bytes }) => bytes)
      .join('')
  if (first !== -1) return kept(lines.slice(0, first)) + asBytes(own ?? '') + kept(lines.slice(first))
  const needsBreak = own !== undefined && crontab !== '' && !crontab.endsWith('\n')
  return `${crontab}${needsBreak ? '\n' : ''}${asBytes(own ?? '')}`
}

/**
 * What the crontab sets above our lines and that would change what our run works on: names with their lines.
 * Only what the job does not set itself.
 */
export function inherited(
  crontab: string,
  job: Job,
): readonly { readonly name: string; readonly line: number }[] {
  const carried = new Set(valuesOf(job).map(([name]) => name))
  const lines = linesOf(crontab)
  const own = lines.findIndex(({ isOurs }) => isOurs)
  return lines.slice(0, own === -1 ? undefined : own).flatMap(({ bytes }, index) => {
    const name = /^\s*["']?(TOKENCTL_\w+|HOME|XDG_(?:CONFIG|DATA)_HOME|NODE_\w+)["']?\s*=/.exec(bytes)?.[1]
    return name === undefined || carried.has(name) ? [] : [{ name, line: index + 1 }]
  })
}
