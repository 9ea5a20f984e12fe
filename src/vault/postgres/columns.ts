/**
 * What of a header stands in columns of its own, so that listings, filters and the search for what is due are queries. They
 * are copies: a row is judged by its head alone, which its body is sealed to. Pure.
 */
import { DAY, parseDate } from '../../tokens/time.ts'
import { isPart } from '../record-file.ts'
import type { HeaderJson } from '../secret-store.ts'

export interface Columns {
  readonly kind: 'account' | 'app' | 'channel' | 'part'
  readonly revision: number
  readonly marketplace: string | null
  readonly name: string | null
  readonly app: string | null
  readonly environment: string | null
  readonly holds_token: boolean
  readonly generation: number | null
  /** The last renewal, or else the consent. */
  readonly last_at: string | null
  readonly consent_at: string | null
  readonly renewed_at: string | null
  readonly ends_at: string | null
  readonly refused: string | null
  /** Whether something besides its dates may want something done: it is looked at whenever what is due is looked for. */
  readonly is_troubled: boolean
  readonly fingerprint: string | null
  /** `key=value` each, as a literal of an array. */
  readonly tags: string
}

/** The columns of a record. A header that is none of ours has only what its key says. */
export function columnsOf(key: string, header: HeaderJson): Columns {
  const [kind = '', subject = ''] = key.split('/')
  const [marketplace = null, name = null] = subject.split(':')
  const consent_at = dateOf(header['consentAt'])
  const renewed_at = dateOf(header['renewedAt'])
  const last_at = renewed_at ?? consent_at
  return {
    kind: isPart(key) ? 'part' : (kind as Columns['kind']),
    revision: revisionOf(header),
    marketplace: kind === 'channel' ? null : marketplace,
    name,
    app: textOf(header['app']),
    environment: textOf(header['environment']),
    holds_token: header['holdsToken'] === true,
    generation: numberOf(header['generation']),
    last_at,
    consent_at,
    renewed_at,
    ends_at: dateOf(header['endsAt']),
    refused: refusedOf(header['refused']),
    is_troubled:
      last_at === null ||
      isLater(consent_at, renewed_at) ||
      ['refused', 'pendingAt', 'failing', 'delivery'].some(field => (header[field] ?? null) !== null),
    fingerprint: textOf(header['fingerprint']),
    tags: arrayOf(tagsOf(header['tags'])),
  }
}

/** The revision that a header says; 0 where it says none. */
export function revisionOf(header: HeaderJson): number {
  return numberOf(header['revision']) ?? 0
}

/** A tag as its column has it. */
export function tagText({ key, value }: { readonly key: string; readonly value: string }): string {
  return `${key}=${value}`
}

function tagsOf(tags: unknown): readonly string[] {
  if (typeof tags !== 'object' || tags === null) return []
  return Object.entries(tags).map(([key, value]) => tagText({ key, value: String(value) }))
}

/** A literal of an array of texts. The database takes no NUL. */
function arrayOf(texts: readonly string[]): string {
  const quoted = texts.map(text => `"${text.replace(/[\\"]/g, '\\$&')}"`)
  return `{${quoted.filter(text => !text.includes('\0')).join(',')}}`
}

/** Whether a consent has no renewal since, or one that is dated before it: the later date is the one to look at. */
function isLater(consentAt: string | null, renewedAt: string | null): boolean {
  if (consentAt === null || renewedAt === null) return false
  return (parseDate(consentAt) ?? 0) > (parseDate(renewedAt) ?? 0) + DAY
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && !value.includes('\0') ? value : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

/** Only what every record's own reader takes for a date: the database reads more. */
function dateOf(value: unknown): string | null {
  return typeof value === 'string' && parseDate(value) !== undefined ? value : null
}

function refusedOf(value: unknown): string | null {
  return typeof value === 'object' && value !== null && 'code' in value ? textOf(value.code) : null
}
