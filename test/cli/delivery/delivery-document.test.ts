/** The bytes that leave: the document, its id, and the signature over it. */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  deliveryText,
  ID_HEADER,
  SIGNATURE_HEADER,
  signedPost,
} from '../../../src/cli/delivery/delivery-document.ts'
import { deliverySchema } from '../../../src/cli/shapes/delivery-shape.ts'
import type { HandOver } from '../../../src/renewal/deliver.ts'
import { DELIVERED_TOKENS } from '../../../src/tokens/delivery.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../../src/tokens/time.ts'
import { at, delivery, tokenSet } from '../../support/accounts.ts'
import { verify } from '../../support/receiver.ts'
import { anyHeader, anySecrets } from '../../vault/samples.ts'

const NOW = at('2026-11-22T10:00:00Z')
const KEY = Buffer.alloc(32, 7)
const WAY = {
  url: new Secret('https://hooks.example.com/in?shop=1'),
  key: new Secret(KEY.toString('base64')),
}

function handOver(changes: Partial<HandOver> = {}): HandOver {
  const set = tokenSet(
    {
      generation: 4,
      seller: 'shop-4711',
      acceptedAt: NOW - HOUR,
      accessExpiresAt: NOW + HOUR,
      endsAt: NOW + 400 * DAY,
    },
    { accessToken: new Secret('access-token') },
  )
  return { stored: { ...set, revision: 9 }, delivery: delivery(), way: WAY, again: null, ...changes }
}

const documentOf = (what: HandOver) => deliverySchema.parse(JSON.parse(deliveryText(what).text))

describe('the document', () => {
  it('says whose the tokens are, how old and how long they live', () => {
    const both = delivery({ tokens: ['access', 'refresh'] })
    const { id, ...document } = documentOf(handOver({ delivery: both }))
    expect(id).toMatch(/^dlv_[0-9a-f]{32}$/)
    expect(document).toEqual({
      version: 1,
      account: 'ebay:main',
      marketplace: 'ebay',
      name: 'main',
      environment: 'production',
      region: null,
      seller: 'shop-4711',
      setUpAt: '2026-11-01T00:00:00Z',
      generation: 4,
      issuedAt: '2026-11-22T09:00:00Z',
      tokens: [
        { kind: 'access', token: 'access-token', expiresAt: '2026-11-22T11:00:00Z' },
        { kind: 'refresh', token: 'old-token', expiresAt: '2027-12-27T10:00:00Z' },
      ],
    })
  })

  it.each(DELIVERED_TOKENS)('holds the %s token alone where only that leaves', kind => {
    const what = handOver({ delivery: delivery({ tokens: [kind] }) })
    expect(documentOf(what).tokens.map(token => token.kind)).toEqual([kind])
    const other = kind === 'access' ? 'old-token' : 'access-token'
    expect(deliveryText(what).text).not.toContain(other)
  })

  it('gives no estimate for an end, and no day of issue that nobody knows', () => {
    const set = tokenSet({ consentAt: NOW - DAY, acceptedAt: null, endsAt: null })
    const what = handOver({ stored: { ...set, revision: 1 }, delivery: delivery({ tokens: ['refresh'] }) })
    expect(documentOf(what)).toMatchObject({ issuedAt: null, tokens: [{ expiresAt: null }] })
  })

  it('never holds the token before, one that waits, or the way it goes', () => {
    const set = tokenSet(
      { generation: 4, accessExpiresAt: NOW + HOUR },
      {
        accessToken: new Secret('access-token'),
        previous: { refreshToken: new Secret('CANARY-previous'), generation: 3 },
        pending: new Secret('CANARY-pending'),
        delivery: { url: new Secret('https://example.com/CANARY-url'), key: new Secret('CANARY-key') },
      },
    )
    const both = delivery({ tokens: ['access', 'refresh'] })
    const { text } = deliveryText(handOver({ stored: { ...set, revision: 1 }, delivery: both }))
    expect(text).not.toContain('CANARY')
  })

  it('is one line of JSON, in shape, and harms no screen, whatever a marketplace named the seller', () => {
    fc.assert(
      fc.property(
        anyHeader,
        anySecrets(50),
        fc.string({ unit: 'binary' }),
        fc.subarray([...DELIVERED_TOKENS], { minLength: 1 }),
        (header, secrets, seller, tokens) => {
          const [accessToken, refreshToken] = [new Secret('at'), new Secret('rt')]
          const stored = {
            header: { ...header, seller },
            secrets: { ...secrets, accessToken, refreshToken },
            revision: 1,
          }
          const { id, text } = deliveryText(handOver({ stored, delivery: delivery({ tokens }) }))
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
          expect(Buffer.from(text).toString('utf8')).toBe(text)
          const document = deliverySchema.parse(JSON.parse(text))
          expect(document.id).toBe(id)
          expect(document.tokens.map(({ kind }) => kind)).toEqual(tokens)
        },
      ),
    )
  })
})

describe('the id', () => {
  const idOf = (what: HandOver) => deliveryText(what).id
  const changed = (header: object, secrets: object = {}) => {
    const { stored } = handOver()
    return handOver({
      stored: {
        ...stored,
        header: { ...stored.header, ...header },
        secrets: { ...stored.secrets, ...secrets },
      },
    })
  }

  it('is the same each time that the same tokens are handed over', () => {
    expect(deliveryText(handOver())).toEqual(deliveryText(handOver()))
    // What is only known about the account by then makes no other delivery of it.
    expect(idOf(changed({ lastAttempt: { at: NOW, outcome: 'failed', code: 'NETWORK_FAILED' } }))).toBe(
      idOf(handOver()),
    )
  })

  it.each<[what: string, other: HandOver]>([
    ['a later generation', changed({ generation: 5 })],
    ['another account', changed({ account: 'ebay:outlet' })],
    ['another token', changed({}, { accessToken: new Secret('another') })],
    ['more tokens', handOver({ delivery: delivery({ tokens: ['access', 'refresh'] }) })],
    ['another set-up', handOver({ delivery: delivery({ setAt: NOW }) })],
    ['what is asked for anew', handOver({ again: NOW })],
  ])('is another for %s', (_, other) => {
    expect(idOf(other)).not.toBe(idOf(handOver()))
  })

  it('is another each time that it is asked for anew', () => {
    expect(idOf(handOver({ again: NOW }))).not.toBe(idOf(handOver({ again: NOW + 1 })))
  })
})

describe('the signed POST', () => {
  const text = deliveryText(handOver())

  it('goes to the address, as JSON, with time, signature and id', () => {
    expect(signedPost(WAY, text, NOW + 999)).toEqual({
      method: 'POST',
      url: 'https://hooks.example.com/in?shop=1',
      headers: {
        'content-type': 'application/json',
        [SIGNATURE_HEADER]: `t=${NOW / 1000},v1=${createHmac('sha256', KEY)
          .update(`${NOW / 1000}.${text.text}`)
          .digest('hex')}`,
        [ID_HEADER]: text.id,
      },
      body: text.text,
    })
  })

  it('holds no token outside its body, and the key nowhere', () => {
    const { body, ...rest } = signedPost(WAY, text, NOW)
    expect(body).toContain('access-token')
    expect(JSON.stringify(rest)).not.toContain('access-token')
    for (const form of ['hex', 'base64', 'latin1'] as const)
      expect(JSON.stringify({ body, ...rest })).not.toContain(KEY.toString(form).slice(0, 20))
  })

  it('is what a receiver takes, and any other byte, time or key is not', () => {
    const post = signedPost(WAY, text, NOW)
    const signature = post.headers[SIGNATURE_HEADER]
    const body = Buffer.from(post.body)
    const asked = { signature, body, keys: [KEY], now: NOW }
    expect(verify(asked)).toBe('genuine')
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const tampered = Buffer.from(body)
        tampered[place] = (tampered[place] ?? 0) ^ change
        expect(verify({ ...asked, body: tampered })).toBe('forged')
      }),
    )
    expect(verify({ ...asked, body: Buffer.concat([body, Buffer.from(' ')]) })).toBe('forged')
    expect(verify({ ...asked, body: body.subarray(1) })).toBe('forged')
    expect(verify({ ...asked, keys: [Buffer.alloc(32, 8)] })).toBe('forged')
    expect(verify({ ...asked, keys: [] })).toBe('forged')
    expect(verify({ ...asked, keys: [Buffer.alloc(32, 8), KEY] })).toBe('genuine')
    const later = signature?.replace(`t=${NOW / 1000}`, `t=${NOW / 1000 + 1}`)
    expect(verify({ ...asked, signature: later })).toBe('forged')
  })

  it.each([
    [300, 'genuine'],
    [-300, 'genuine'],
    [301, 'stale'],
    [-301, 'stale'],
    [1e9, 'stale'],
  ])('%i seconds after it was signed it is %s', (seconds, verdict) => {
    const post = signedPost(WAY, text, NOW)
    const asked = { signature: post.headers[SIGNATURE_HEADER], body: Buffer.from(post.body), keys: [KEY] }
    expect(verify({ ...asked, now: NOW + seconds * 1000 })).toBe(verdict)
  })

  it.each([
    undefined,
    '',
    't=1',
    'v1=00',
    't=x,v1=00',
    `t=${NOW / 1000},v1=${'0'.repeat(63)}`,
    `t=${NOW / 1000},v0=${'0'.repeat(64)}`,
    `t=-1,v1=${'0'.repeat(64)}`,
    `t=1e9,v1=${'0'.repeat(64)}`,
  ])('a header that is no signature is malformed: %j', signature => {
    const body = Buffer.from(text.text)
    expect(verify({ signature, body, keys: [KEY], now: NOW })).toBe('malformed')
  })

  it('never throws over a header, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), signature => {
        const verdict = verify({ signature, body: Buffer.from(text.text), keys: [KEY], now: NOW })
        expect(verdict).not.toBe('genuine')
      }),
    )
  })
})
