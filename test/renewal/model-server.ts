/**
 * A marketplace of the model's own, on the wire of RFC 6749: who may still use which token, and what becomes of an
 * answer on its way. It knows nothing of clients, and its clock is its own.
 */
import { TokenctlError } from '../../src/errors.ts'
import type { Rotation } from '../../src/marketplaces/adapter.ts'
import type { HttpRequest, HttpResponse } from '../../src/platform/http.ts'

/**
 * What becomes of one question. `…-after`: the marketplace acts first. `strange`: it acts, and says so in members that
 * nobody knows. `cut-early`, `cut-late`: it acts, and its answer breaks off before, or after, the new token's end.
 */
export const FATES = [
  'answered',
  'refused-connection',
  'lost-before',
  'lost-after',
  '503',
  '503-after',
  '429',
  'page',
  'page-after',
  'strange',
  'cut-early',
  'cut-late',
] as const
export type Fate = (typeof FATES)[number]

/** One way in which marketplaces treat a token that is used, and what a client is told of it. */
export interface Rule {
  readonly told: Rotation
  readonly mode: 'none' | 'grace' | 'strict'
  /** A used token that is presented ends the whole consent. */
  readonly reuseRevokes: boolean
}

const GRACE_MS = 30_000

interface Consent {
  /** `revoked`: by a used token · `withdrawn`: by the seller, which no client can know. */
  end: 'none' | 'revoked' | 'withdrawn'
}

/** How the marketplace took one presentation. */
export interface Taken {
  readonly token: string
  /** The refresh token that is good from now on; undefined where it refused or did not act. */
  readonly successor: string | undefined
  /** Whether an answer is on its way back that tells a client so. */
  readonly tells: 'accepted' | 'refused' | 'not-taken' | 'nothing'
}

export class ModelServer {
  readonly rule: Rule
  readonly #name: string
  readonly #now: () => number
  readonly #tokens = new Map<string, { readonly consent: Consent; spentAt: number | null }>()
  /** Codes that nobody has exchanged yet. */
  readonly #codes = new Set<string>()
  #minted = 0

  /** @param name is part of its tokens, so that no two marketplaces' are alike. */
  constructor(name: string, rule: Rule, now: () => number) {
    this.#name = name
    this.rule = rule
    this.#now = now
  }

  /** The first token of a new consent. */
  consent(): string {
    return this.#mint({ end: 'none' })
  }

  /** The code of a new consent, good for one exchange. */
  code(): string {
    this.#minted += 1
    const code = `code-${this.#name}-${this.#minted}`
    this.#codes.add(code)
    return code
  }

  /** The seller ends the consent of this token. */
  withdraw(token: string): void {
    const found = this.#tokens.get(token)
    if (found !== undefined) found.consent.end = 'withdrawn'
  }

  isWithdrawn(token: string): boolean {
    return this.#tokens.get(token)?.consent.end === 'withdrawn'
  }

  /** Whether it would take the token now. */
  takes(token: string): boolean {
    const found = this.#tokens.get(token)
    if (found === undefined || found.consent.end !== 'none') return false
    const { spentAt } = found
    return spentAt === null || (this.rule.mode === 'grace' && this.#now() - spentAt <= GRACE_MS)
  }

  /** Takes one question, or does not, and answers as its fate wills. */
  answer(request: HttpRequest, fate: Fate): { readonly taken: Taken; readonly answer: HttpResponse | Error } {
    const token = presentedIn(request)
    const untouched = (tells: Taken['tells']) => ({ token, successor: undefined, tells })
    if (fate === 'refused-connection') return { taken: untouched('not-taken'), answer: refusedConnection() }
    if (fate === '429')
      return { taken: untouched('not-taken'), answer: { ...page(429), headers: { 'retry-after': '5' } } }
    if (fate === 'lost-before') return { taken: untouched('nothing'), answer: lost() }
    if (fate === '503' || fate === 'page')
      return { taken: untouched('nothing'), answer: page(fate === '503' ? 503 : 200) }
    const successor = this.#present(token)
    const whole = successor === undefined ? json(400, { error: 'invalid_grant' }) : issuing(successor)
    const tells = successor === undefined ? 'refused' : 'accepted'
    const silent = { token, successor, tells: 'nothing' as const }
    if (fate === 'answered') return { taken: { ...silent, tells }, answer: whole }
    if (fate === 'lost-after') return { taken: silent, answer: lost() }
    if (fate === '503-after') return { taken: silent, answer: page(503) }
    if (fate === 'page-after') return { taken: silent, answer: page(200) }
    if (successor === undefined) return { taken: silent, answer: cutTo(whole, 4) }
    if (fate === 'strange')
      return { taken: silent, answer: json(200, { tokens: { refresh: successor, access: 'at' } }) }
    const told = whole.body.indexOf(`${successor}"`)
    if (fate === 'cut-early') return { taken: silent, answer: cutTo(whole, told + 2) }
    return { taken: { ...silent, tells: 'accepted' }, answer: cutTo(whole, told + successor.length + 1) }
  }

  #present(token: string): string | undefined {
    if (this.#codes.delete(token)) return this.consent()
    const found = this.#tokens.get(token)
    if (found === undefined || found.consent.end !== 'none') return undefined
    if (!this.takes(token)) {
      if (this.rule.reuseRevokes) found.consent.end = 'revoked'
      return undefined
    }
    if (this.rule.mode === 'none') return token
    found.spentAt ??= this.#now()
    return this.#mint(found.consent)
  }

  #mint(consent: Consent): string {
    this.#minted += 1
    const token = `${this.#name}-${this.rule.told}-${this.#minted}`
    this.#tokens.set(token, { consent, spentAt: null })
    return token
  }
}

/** The refresh token of a question, or the code. */
export function presentedIn({ body }: HttpRequest): string {
  const fields = new URLSearchParams(body)
  return fields.get('refresh_token') ?? fields.get('code') ?? ''
}

/** Whether what was presented is the code of a consent. */
export const isCode = (token: string): boolean => token.startsWith('code-')

function json(status: number, value: unknown): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

function issuing(refresh_token: string): HttpResponse {
  return json(200, { access_token: 'at', token_type: 'bearer', refresh_token, expires_in: 3600 })
}

function page(status: number): HttpResponse {
  return { status, headers: { 'content-type': 'text/html' }, body: '<p>Hello.</p>' }
}

function cutTo(whole: HttpResponse, length: number): HttpResponse {
  return { ...whole, body: whole.body.slice(0, length), cut: lost() }
}

function lost(): TokenctlError {
  return new TokenctlError('NETWORK_FAILED', 'The connection broke.', { failure: 'ambiguous' })
}

function refusedConnection(): TokenctlError {
  return new TokenctlError('NETWORK_FAILED', 'Nobody listens.', { failure: 'transient' })
}
