/** Exit statuses over many accounts, and what `tokenctl help exit-codes` prints. */
import { ERROR_CODES, type ErrorCode, type ExitStatus } from '../errors.ts'

export type Exit = 0 | ExitStatus

/** What the process ends with: a status of ours or, from `exec` alone, its command's: a whole number from 0 to 255. */
export type ProcessStatus = number

/** A process's status as one of ours; what is none of ours is a fault (1). */
export function ownExit(status: ProcessStatus): Exit {
  return MEANINGS.find(([own]) => own === status)?.[0] ?? 1
}

/** Gravest first: our bug, the vault, a person, the next run. */
const GRAVITY: readonly Exit[] = [1, 5, 3, 4, 2, 130]

/** The gravest of several; 0 when there is none. */
export function gravest(statuses: Iterable<Exit>): Exit {
  const seen = new Set(statuses)
  return GRAVITY.find(status => seen.has(status)) ?? 0
}

const MEANINGS: readonly (readonly [Exit, string])[] = [
  [0, 'done, or nothing was due'],
  [1, 'a fault in tokenctl itself'],
  [2, 'the request is wrong'],
  [3, 'a person must act'],
  [4, 'the next run may succeed'],
  [5, 'the vault failed'],
  [130, 'stopped by the person'],
]

/** The page of `tokenctl help exit-codes`, made from the table of codes itself. */
export function exitCodesPage(): string {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[]
  const lines = MEANINGS.map(([status, meaning]) => {
    const names = codes.filter(code => ERROR_CODES[code].exit === status).join(' ')
    return `${String(status).padStart(4)}  ${meaning}${names === '' ? '' : `\n      ${wrap(names, 72).join('\n      ')}`}`
  })
  const page = [
    'Exit statuses of tokenctl, and the error codes behind them:',
    '',
    ...lines,
    '',
    'With several accounts the most serious result counts, in the order 1, 5, 3, 4.',
    '`status --check` ends with 0 when all is ok, 3 where a person must act, 4 where `tokenctl renew` can mend it.',
    '`status --format nagios` ends as a plugin does: 0 OK, 1 WARNING, 2 CRITICAL,',
    'and 3 UNKNOWN, which is also whatever ended it early.',
    '`exec` ends as its command does, by its signal too. No such command: 127; one',
    'that cannot be run: 126; no token for it: as above.',
  ]
  return `${page.join('\n')}\n`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
