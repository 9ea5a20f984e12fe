/**
 * Which words of a vendor may stand in a message: error codes and request ids that look like one and hold no part of
 * what was sent. All other text from outside stays outside.
 */
import type { Secret } from '../tokens/secret.ts'

// The longest documented code has 26 characters. AliExpress' tokens are 60 letters and digits, so a longer pattern
// would let one pass for a code.
const CODE = /^[A-Za-z0-9_.-]{1,40}$/
// eBay's rlogid has `%`, `*` and back quotes; Amazon's is a UUID. Nothing that a screen obeys.
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/
/** A shorter piece of a secret gives nothing away, and codes such as `0` would else be hidden by chance. */
const TELLING = 8

/** The text when it looks like an error code and echoes no secret; else undefined. */
export function showableCode(text: unknown, sent: readonly Secret[]): string | undefined {
  return showable(text, CODE, sent)
}

/** The text when it looks like a request id and echoes no secret; else undefined. */
export function showableId(text: unknown, sent: readonly Secret[]): string | undefined {
  return showable(text, REQUEST_ID, sent)
}

function showable(text: unknown, pattern: RegExp, sent: readonly Secret[]): string | undefined {
  if (typeof text !== 'string' || !pattern.test(text)) return undefined
  const echoes = sent.some(secret => {
    const hidden = secret.reveal()
    return (hidden !== '' && text.includes(hidden)) || (text.length >= TELLING && hidden.includes(text))
  })
  return echoes ? undefined : text
}
