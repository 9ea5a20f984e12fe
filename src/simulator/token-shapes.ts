/**
 * Tokens that look like the vendors' own and open nothing. They carry the characters on which encodings go wrong
 * (`+ / = ^ # |`), each of them every time, so that a client cannot pass by luck.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { PLAIN } from './plain-vendors.ts'
import { isPlain, type Vendor } from './vendors.ts'

// The head as published samples have it; developer.ebay.com/api-docs/static/oauth-refresh-token-request.html,
// checked 22 Nov 2026. The lengths are a guess: the vendor states none.
const EBAY_HEAD = 'v^1.1#i^1#p^3#r^1#I^3#f^0#t^'

function ebayToken(): string {
  // 88 bytes leave two `=`; `+` and `/` are drawn until both are there, about every second time.
  for (;;) {
    const tail = randomBytes(88).toString('base64')
    if (tail.includes('+') && tail.includes('/')) return EBAY_HEAD + tail
  }
}

// `Atza|` and `Atzr|`; an access token of 353 characters was seen. developer.amazon.com/docs/login-with-amazon/
// refresh-token.html, checked 22 Nov 2026.
function amazonToken(kind: 'Atza' | 'Atzr'): string {
  return `${kind}|IwEBI${randomBytes(257).toString('base64url')}`
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

function letters(count: number): string {
  return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

// 60 characters that begin `5000`: openservice.aliexpress.com/doc/doc.htm#/?docId=1364, checked 22 Nov 2026.
function aliexpressToken(): string {
  return `5000${letters(56)}`
}

/** A new refresh token in the vendor's shape; the plain vendors' have the seller's id in them. */
export function makeRefreshToken(vendor: Vendor, sellerId = '1'): string {
  if (isPlain(vendor)) return PLAIN[vendor].refreshToken(sellerId)
  if (vendor === 'ebay') return ebayToken()
  return vendor === 'amazon' ? amazonToken('Atzr') : aliexpressToken()
}

/** A new access token in the vendor's shape; the plain vendors' have the seller's id in them. */
export function makeAccessToken(vendor: Vendor, sellerId = '1'): string {
  if (isPlain(vendor)) return PLAIN[vendor].accessToken(sellerId)
  if (vendor === 'ebay') return ebayToken()
  return vendor === 'amazon' ? amazonToken('Atza') : aliexpressToken()
}

/** A new authorization code in the vendor's shape; AliExpress' begins with a number and the app key. */
export function makeCode(vendor: Vendor, clientId: string): string {
  if (isPlain(vendor)) return PLAIN[vendor].code()
  if (vendor === 'ebay') return ebayToken()
  return vendor === 'amazon' ? letters(18) : `3_${clientId}_${letters(25)}`
}

/** A new client secret in Amazon's newer shape. */
export function makeAmazonSecret(): string {
  return `amzn1.oa2-cs.v1.${randomBytes(32).toString('hex')}`
}

/** An id for the vendor's support, in hexadecimal as AliExpress writes its own. */
export function makeRequestId(): string {
  return randomBytes(16).toString('hex')
}
