/**
 * In which of its forms `status` prints, and where to: from `--format`, the options that have a name of their own, and
 * `--output`. Parsed with the first start of `status`, so it must import nothing.
 */
import { TokenctlError } from '../../errors.ts'

/** The forms, in the order that help has them. The first is what is printed without any option. */
export const STATUS_FORMATS = [
  'table',
  'timeline',
  'html',
  'json',
  'jsonl',
  'plain',
  'prometheus',
  'ics',
  'nagios',
] as const
export type StatusFormat = (typeof STATUS_FORMATS)[number]

/** More accounts than this are no table that a person reads: a screen gets a summary then. */
export const MOST_ON_SCREEN = 100
/** A screenful: as many rows a summary shows, and a page has where `--page` stands alone. */
export const SCREENFUL = 50

export interface FormatOptions {
  readonly format?: StatusFormat
  readonly json?: boolean
  readonly plain?: boolean
  readonly timeline?: boolean
}

/** The form that is meant. @throws {USAGE} when the options mean different ones. */
export function formatOf({ format, json, plain, timeline }: FormatOptions): StatusFormat {
  const meant = new Map<StatusFormat, string>()
  if (json === true) meant.set('json', '--json')
  if (plain === true) meant.set('plain', '--plain')
  if (timeline === true) meant.set('timeline', '--timeline')
  if (format !== undefined && !meant.has(format)) meant.set(format, `--format ${format}`)
  const [first, second] = meant.values()
  if (second === undefined) return meant.keys().next().value ?? 'table'
  throw new TokenctlError('USAGE', `${first} and ${second} exclude each other.`, { fix: 'Leave one out.' })
}

/** The file to write to; undefined for standard output, which `-` means too. @throws {USAGE} for an empty name. */
export function outputOf(output: string | undefined): string | undefined {
  if (output === '')
    throw new TokenctlError('USAGE', '`--output` names no file.', {
      fix: 'Give it a path, or leave it out to print on standard output.',
    })
  return output === '-' ? undefined : output
}
