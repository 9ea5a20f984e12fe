/** A JSON document from standard input, with the place of a fault and never a value. */
import { TokenctlError } from '../../errors.ts'
import { jsonFault } from '../../json-place.ts'

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
    throw new TokenctlError('USAGE', `The ${what} is not JSON (${faultOf(cause, body)}).`, {
      fix: 'Mend it and try again. Nothing was changed.',
      cause,
    })
  }
}

/** What is wrong, by its place alone: V8's own message would quote the text around it, which may be a token. */
function faultOf(cause: unknown, body: string): string {
  if (cause instanceof RangeError) return 'it is nested too deeply'
  const fault = jsonFault(body)
  return fault === undefined || fault === 'its end' ? 'it ends too early' : fault
}
