/** An error, as a person reads it on standard error, or as one JSON object on standard output (`product.md`). */
import type { TokenctlError } from '../../errors.ts'
import type { Terminal } from '../../platform/terminal.ts'
import { renderJson } from './json.ts'
import { safeText } from './safe-text.ts'

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
  const { code, message, fix, account } = error
  if (json) terminal.out(renderJson({ version: 1, error: { code, message, fix } }))
  if (stack !== undefined) terminal.err(`${safeText(stack)}\n`)
  const whom = account === undefined || message.includes(account) ? '' : `${account}: `
  if (!json) terminal.err(`Error: ${safeText(whom + message)} [${code}]\nFix: ${safeText(fix)}\n`)
}
