/**
 * Finds the failure in an answer of AliExpress' gateway, which hides it under HTTP 200 in one of three wrappings. An
 * answer that is no failure is not judged here.
 */
import type { TokenctlError } from '../../errors.ts'
import { type Answer, failureByCode, type Verdict } from '../../oauth/error-reply.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../oauth/json-reply.ts'
import { waitOfSeconds } from '../../oauth/retry-after.ts'

/** An answer without its wrapping. */
export interface Body {
  readonly members: JsonObject
  /** `code` as text; undefined when there is none. */
  readonly code: string | undefined
  readonly failed: boolean
  readonly requestId: unknown
}

const SUCCESS = '0'

// `type` says whose fault it is (Lazada's page on the same platform): SYSTEM the gateway's, ISP the service's behind it.
// https://openservice.aliexpress.com/doc/doc.htm#/?docId=1370, checked 22 Nov 2026
const THEIRS: Verdict = { becomes: 'MARKETPLACE_DOWN', failure: 'transient', words: 'is out of order' }
// Nobody says whose fault it is, nor whether the old refresh token is spent by now.
const UNKNOWN: Verdict = {
  becomes: 'MARKETPLACE_DOWN',
  failure: 'ambiguous',
  words: 'failed for a reason that tokenctl does not know',
}

/**
 * Takes off the wrapping: none (system interfaces), `error_response` (business interfaces), or the Java client's
 * `gopResponseBody`, which holds the answer once more as a string.
 */
export function unwrap(root: JsonObject): Body {
  const wrapped = root['error_response']
  const inner = root['gopResponseBody']
  const unpacked = typeof inner === 'string' ? parseJsonObject(inner) : undefined
  const members = isJsonObject(wrapped) ? wrapped : (unpacked ?? root)
  const code = codeText(members['code']) ?? codeText(root['gopErrorCode'])
  return {
    members,
    code,
    failed: isJsonObject(wrapped) || (code !== undefined && code !== SUCCESS),
    requestId: members['request_id'] ?? root['gopRequestId'] ?? members['_trace_id_'],
  }
}

/** The failure that the answer holds; undefined when it holds none. */
export function failureOf(answer: Answer, body: Body): TokenctlError | undefined {
  const { status } = answer.response
  if (!body.failed && status < 400) return undefined
  const details = {
    vendorCode: body.code,
    requestId: body.requestId,
    retryAfterMs: banMs(body.members['message'] ?? body.members['msg']),
  }
  return failureByCode(answer, details, verdictByType(body.members['type'], status))
}

function verdictByType(type: unknown, status: number): Verdict | undefined {
  if (type === 'SYSTEM' || type === 'ISP') return THEIRS
  return type === 'ISV' || status >= 400 ? undefined : UNKNOWN
}

/** "API access frequency exceeds the limit. this ban will last N seconds": N, as a wait. */
function banMs(text: unknown): number | undefined {
  const seconds = typeof text === 'string' ? /ban will last (\d{1,9}) second/i.exec(text)?.[1] : undefined
  return seconds === undefined ? undefined : waitOfSeconds(Number(seconds))
}

function codeText(code: unknown): string | undefined {
  if (code === undefined || code === null) return undefined
  return typeof code === 'string' || typeof code === 'number' ? String(code).trim() : ''
}
