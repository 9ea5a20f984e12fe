/**
 * The marketplaces that keep to plain OAuth 2.0, by the few things in which they differ. Written from the vendors' own
 * pages for the simulator alone, and not from the program's manifests: a fact that was wrong in both would be found by
 * nobody. Pages and days: src/marketplaces/manifests/NOTES.md.
 */
import { randomBytes } from 'node:crypto'
import type { RotationMode } from './rotation.ts'
import type { PlainVendor } from './vendors.ts'

export interface PlainFacts {
  readonly title: string
  readonly consentPath: string
  readonly tokenPath: string
  /** Where the app's proof stands: Basic header, form fields, or nowhere: the id alone. */
  readonly client: 'basic' | 'form' | 'none'
  /** Whether a consent without a proof key (RFC 7636) is refused. */
  readonly needsProofKey: boolean
  /** Whether a consent must name scopes. */
  readonly needsScope: boolean
  /** The parameter that has the page ask who it is, though somebody is signed in. */
  readonly freshSignIn: readonly [name: string, value: string] | null
  readonly accessSeconds: number
  readonly codeSeconds: number
  /** How long a refresh token lives, in days; each refresh gives one that lives as long again. */
  readonly tokenDays: number
  readonly rotation: RotationMode
  /** How long a used token still answers; only under `grace`. */
  readonly graceSeconds?: number
  /** As it stands in the answers. */
  readonly tokenType: string
  readonly refreshToken: (sellerId: string) => string
  readonly accessToken: (sellerId: string) => string
  readonly code: () => string
  /** What else an answer has. */
  readonly more: (sellerId: string) => Readonly<Record<string, unknown>>
}

const random = (bytes: number) => randomBytes(bytes).toString('base64url')
const hex = (bytes: number) => randomBytes(bytes).toString('hex')
const jwt = (claims: object) =>
  [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat(random(256))
    .join('.')
const allegroToken = (user_name: string) => jwt({ user_name, jti: hex(16), allegro_api: true })

export const PLAIN: Readonly<Record<PlainVendor, PlainFacts>> = {
  etsy: {
    title: 'Etsy',
    consentPath: '/oauth/connect',
    tokenPath: '/v3/public/oauth/token',
    client: 'none',
    needsProofKey: true,
    needsScope: true,
    freshSignIn: null,
    accessSeconds: 3600,
    // Not documented; a guess.
    codeSeconds: 300,
    tokenDays: 90,
    rotation: 'strict',
    tokenType: 'Bearer',
    refreshToken: id => `${id}.${random(64)}`,
    accessToken: id => `${id}.${random(64)}`,
    code: () => random(77),
    more: () => ({}),
  },
  allegro: {
    title: 'Allegro',
    consentPath: '/auth/oauth/authorize',
    tokenPath: '/auth/oauth/token',
    client: 'basic',
    needsProofKey: false,
    needsScope: false,
    freshSignIn: ['prompt', 'confirm'],
    accessSeconds: 43_199,
    codeSeconds: 10,
    tokenDays: 90,
    rotation: 'grace',
    graceSeconds: 60,
    tokenType: 'bearer',
    refreshToken: allegroToken,
    accessToken: allegroToken,
    code: () => hex(16),
    more: () => ({ scope: 'allegro:api:orders:read', allegro_api: true, jti: hex(16) }),
  },
  mercadolibre: {
    title: 'Mercado Libre',
    consentPath: '/authorization',
    tokenPath: '/oauth/token',
    client: 'form',
    needsProofKey: false,
    needsScope: false,
    freshSignIn: null,
    accessSeconds: 21_600,
    // Not documented; a guess.
    codeSeconds: 300,
    // What is commonly said; no page of the vendor's has it.
    tokenDays: 182,
    rotation: 'strict',
    tokenType: 'bearer',
    refreshToken: id => `TG-${hex(12)}-${id}`,
    accessToken: id => `APP_USR-${hex(8)}-${hex(16)}-${id}`,
    code: () => `TG-${hex(12)}-1`,
    more: id => ({ scope: 'offline_access read write', user_id: Number(id) }),
  },
}
