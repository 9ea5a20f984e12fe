/** A JSON document from standard input, with the place of a fault and never a value. */
import { TokenctlError } from '../errors.ts'

/**
 * The value of a JSON text.
 *
 * @throws {ANSWER_MISSING} when it is empty · {USAGE} with the line when it is no JSON, or nested too deeply.
 */
export function parseJsonInput(text: string, what: string): unknown {
  const body = text.replace(/^\uFEFF/, '')
  if (body.trim() === '') {
    throw new TokenctlError('ANSWER_MISSING', `No ${what} came on standard input.`, {
      fix: `Give it there, for instance \`… < file.json\`.`,
    })
  }
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new TokenctlError('USAGE', `The ${what} is not JSON${lineOf(cause, body)}.`, {
      fix: 'Mend it and try again. Nothing was changed.',
      cause,
    })
  }
}

/** ` (line 3, column 7)`. V8's own message would quote the text around the fault, which may be a token. */
function lineOf(cause: unknown, body: string): string {
  const position = cause instanceof Error ? /position (\d+)/.exec(cause.message)?.[1] : undefined
  if (position === undefined)
    return cause instanceof RangeError ? ': it is nested too deeply' : ' (it ends too early)'
  const before = body.slice(0, Number(position)).split('\n')
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`
}
