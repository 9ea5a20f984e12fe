/**
 * How a finding is said, which exit status it stands for, and that one cause is told once. Pure. A finding never holds
 * a secret: its words are ours, or an error's of ours, and those hold none.
 */
import { ERROR_CODES, type ErrorCode, knownCode, TokenctlError } from '../../errors.ts'
import type { Exit } from '../exit.ts'
import type { CheckId, Finding } from '../shapes/doctor-shape.ts'

/** What a finding says besides its sentence. */
export interface Details {
  readonly where?: string | undefined
  readonly mend?: string | undefined
  readonly code?: ErrorCode | undefined
}

function found(id: CheckId, state: Finding['state'], what: string, details: Details = {}): Finding {
  const { where = null, mend = null, code = null } = details
  return { id, state, what, where, mend, code }
}

/** All is well. */
export function ok(id: CheckId, what: string, where?: string): Finding {
  return found(id, 'ok', what, { where })
}

/** Not looked at, and why. */
export function skipped(id: CheckId, why: string): Finding {
  return found(id, 'skipped', why)
}

/** It works today, and a person should know. */
export function warning(id: CheckId, what: string, details: Omit<Details, 'code'> = {}): Finding {
  return found(id, 'warning', what, details)
}

/** It does not work: by an error of ours, with its own mend unless `details` has another, or by words. */
export function problem(id: CheckId, what: TokenctlError | string, details: Details = {}): Finding {
  if (!(what instanceof TokenctlError)) return found(id, 'problem', what, details)
  const { message, fix: mend, code, account: where } = what
  return found(id, 'problem', message, { mend, code, where, ...details })
}

/**
 * The exit status that a finding stands for: its code's own, but for what is wrong with the request, since the request
 * here was to look: that, and what has no code that is known here, is for a person to mend.
 */
export function exitOfFinding({ state, code }: Finding): Exit {
  if (state !== 'problem') return 0
  const known = knownCode(code)
  const exit = known === undefined ? 3 : ERROR_CODES[known].exit
  return exit === 2 || exit === 130 ? 3 : exit
}

/** The findings with every problem told once: a later one in the very words of an earlier only points to it. */
export function onceEach(findings: readonly Finding[]): Finding[] {
  const told = new Map<string, CheckId>()
  return findings.map(each => {
    if (each.state !== 'problem') return each
    const by = told.get(each.what)
    if (by === undefined) told.set(each.what, each.id)
    return by === undefined || by === each.id ? each : skipped(each.id, `Not tried: see \`${by}\`.`)
  })
}

/** How many there are of each state. */
export function summaryOf(findings: readonly Finding[]): Readonly<Record<Finding['state'], number>> {
  const count = (state: Finding['state']) => findings.filter(each => each.state === state).length
  return { ok: count('ok'), warning: count('warning'), problem: count('problem'), skipped: count('skipped') }
}
