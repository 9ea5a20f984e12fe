/** An error, as a person reads it on standard error, or as one JSON object on standard output. */
import type { TokenctlError } from '../../errors.ts'
import type { Terminal } from '../../platform/terminal.ts'
import { renderJson } from './json.ts'
import { safeLine, safeText } from './safe-text.ts'

export interface PresentErrorOptions {
  readonly json: boolean
  /** Printed for our own bugs only. */
  readonly stack: string | undefined
}

/** Prints what happened, to whom, what mends it, and the code that scripts match on. */
export function presentError(
  error: TokenctlError,
  { json, stack }: PresentErrorOptions,
  terminal: Terminal,
): void {
  const { code, message, fix } = error
  if (json) terminal.out(renderJson({ version: 1, error: { code, message, fix } }))
  if (stack !== undefined) terminal.err(`${safeText(stack)}\n`)
  if (!json) presentProblem(error, terminal)
}

/** Prints one failure among others, on standard error: the command goes on, or ends with another. */
export function presentProblem(error: TokenctlError, terminal: Terminal): void {
  const { code, message, fix, account, requestId } = error
  const whom = account === undefined || message.includes(account) ? '' : `${account}: `
  // The message on one line, so that nothing quoted in it can pass for a line of ours.
  terminal.err(`Error: ${safeLine(whom + message)} [${code}]\nFix: ${safeText(fix)}\n`)
  // The vendor's support asks for it.
  if (requestId !== undefined) terminal.err(`Request id: ${safeLine(requestId).slice(0, 80)}\n`)
}
