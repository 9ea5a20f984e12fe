import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { TokenctlError } from '../../src/errors.ts'
import type { AppKeys } from '../../src/tokens/app-keys.ts'
import type { Delivery } from '../../src/tokens/delivery.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { NO_SECRETS, newHeader } from '../../src/tokens/token-set.ts'
import {
  readAccountSecrets,
  readAppSecrets,
  writeAccountSecrets,
  writeAppSecrets,
} from '../../src/vault/record-secrets.ts'
import {
  accountKey,
  decode,
  keySubject,
  readAccountHeader,
  readAppHeader,
  writeAccountHeader,
  writeAppHeader,
} from '../../src/vault/records.ts'
import { APP, AT, anyHeader, anySecrets, revealed } from './samples.ts'

const KEY = 'account/ebay:main'
const HEADER = newHeader({ account: 'ebay:main', app: null, environment: 'production', holdsToken: false })

const DELIVERY: Delivery = {
  how: 'url',
  target: 'hooks.example.com',
  tokens: ['access'],
  setAt: AT,
  marginMs: null,
  deliveredGeneration: null,
  deliveredAt: null,
  failing: null,
}

function failure(work: () => unknown): TokenctlError {
  try {
    work()
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('headers', () => {
  it('come back from JSON as they went in', () => {
    fc.assert(
      fc.property(anyHeader, fc.nat(), (header, revision) => {
        const stored = JSON.parse(JSON.stringify(writeAccountHeader(header, revision)))
        expect(readAccountHeader(KEY, stored)).toEqual({ header, revision })
      }),
    )
  })

  it('have their dates as text that a person can read', () => {
    const stored = writeAccountHeader({ ...HEADER, consentAt: AT, renewedAt: AT + 1 }, 1)
    expect(stored).toMatchObject({
      record: 3,
      revision: 1,
      consentAt: '2026-11-22T10:00:00Z',
      renewedAt: '2026-11-22T10:00:00.001Z',
    })
  })

  it.each([
    ['a newer version', { record: 4 }, /newer tokenctl \(record version 4, known is 3\)/],
    ['a newer version with unknown fields', { record: 7, later: 1 }, /newer tokenctl/],
    ['no version', { record: undefined }, /record/],
    ['a version that is text', { record: '1' }, /record/],
    ['an unknown field', { surprise: true }, /unknown field surprise/],
    ['an unknown field of escapes', { '\u001b[2J': 1 }, /unknown field \?\[2J/],
    ['a date that is none', { consentAt: '2026-02-30' }, /consentAt/],
    ['a date as a number', { consentAt: AT }, /consentAt/],
    ['another account', { account: 'ebay:other' }, /says that it is ebay:other's/],
    ['an account that is none', { account: '../../x' }, /account/],
    ['a missing field', { generation: undefined }, /generation/],
    ['a negative revision', { revision: -1 }, /revision/],
    ['a version that is the text of a newer one', { record: '4' }, /not in shape \(record\)/],
    ['two unknown fields', { one: 1, two: 2 }, /\(unknown field one, two\)/],
    ['two faults', { revision: -1, generation: 0.5 }, /\(revision; generation\)/],
    ['an unknown state', { refused: { code: 'OTHER', at: '2026-01-01' } }, /refused.code/],
  ])('refuse %s', (_, change, message) => {
    const stored = JSON.parse(JSON.stringify({ ...writeAccountHeader(HEADER, 1), ...change }))
    const error = failure(() => readAccountHeader(KEY, stored))
    expect(error.code).toBe('RECORD_UNREADABLE')
    expect(error.message).toMatch(message)
  })

  it('take a count that nothing counts up for one that can be: the account is renewed again', () => {
    const stored = { ...writeAccountHeader(HEADER, 1), generation: Number.MAX_SAFE_INTEGER }
    const { header } = readAccountHeader(KEY, stored)
    expect(header.generation).toBe(1e9)
    const next = writeAccountHeader({ ...header, generation: header.generation + 1 }, 2)
    expect(readAccountHeader(KEY, next).header.generation).toBe(1e9 + 1)
  })

  it.each(['ebay', 'ebay:', ':main', 'ebay:main:more', 'ebay:main:', 'Ebay:main', 'ebay:Main', 'eb ay:main'])(
    'refuse an account that is none, even under its own key: %s',
    name => {
      const error = failure(() =>
        readAccountHeader(`account/${name}`, { ...writeAccountHeader(HEADER, 1), account: name }),
      )
      expect(error.message).toMatch(/not in shape \(account\)/)
    },
  )

  it('written before there were deliveries read as having none', () => {
    const { delivery: _, ...before } = writeAccountHeader(HEADER, 1)
    expect(readAccountHeader(KEY, before).header).toEqual(HEADER)
    const body = JSON.stringify({ record: 3, refreshToken: 't', previous: null, pending: null })
    expect(readAccountSecrets(KEY, body, null).delivery).toBeNull()
  })

  it('written before there were tags read as having none', () => {
    const { tags: _, ...before } = writeAccountHeader(HEADER, 1)
    expect(readAccountHeader(KEY, before).header).toEqual(HEADER)
  })

  it.each([[{ 'Client ': 'acme' }], [{ client: 7 }], [{ client: null }], [['client']], [null]])(
    'refuse tags that are none: %j',
    tags => {
      const error = failure(() => readAccountHeader(KEY, { ...writeAccountHeader(HEADER, 1), tags } as never))
      expect(error.message).toMatch(/not in shape \(tags/)
    },
  )

  it.each([
    ['to nowhere known', { how: 'mail' }],
    ['of no token', { tokens: [] }],
    ['of an unknown token', { tokens: ['password'] }],
    ['with more than is known', { password: 'CANARY' }],
    ['without a day', { setAt: null }],
  ])('refuse a delivery %s', (_, change) => {
    const stored = writeAccountHeader({ ...HEADER, delivery: DELIVERY }, 1)
    const delivery = { ...(stored['delivery'] as object), ...change }
    expect(readAccountHeader(KEY, stored).header.delivery).toEqual(DELIVERY)
    const error = failure(() => readAccountHeader(KEY, { ...stored, delivery }))
    expect(error.message).toMatch(/not in shape \((unknown field password|delivery\.\w+)/)
    expect(error.message).not.toContain('CANARY')
  })

  it.each([null, undefined, 'text', 7, ['record']])('are none where %j is', json => {
    const error = failure(() => decode(z.strictObject({ record: z.literal(2) }), KEY, json))
    expect([error.code, error.message]).toEqual([
      'RECORD_UNREADABLE',
      `The record ${KEY} is not in shape (its whole).`,
    ])
  })

  it('of a newer version are left for the tokenctl that wrote them', () => {
    const error = failure(() => readAccountHeader(KEY, { record: 4 }))
    expect(error.fix).toBe('Update tokenctl. Nothing was changed.')
  })

  it('are never quoted at length when they are damaged', () => {
    const stored = { ...writeAccountHeader(HEADER, 1), ['x'.repeat(5000)]: 1 }
    expect(failure(() => readAccountHeader(KEY, stored)).message.length).toBeLessThan(300)
  })

  it('of version 1 read as of today, without the mark that the journal holds now', () => {
    const { failing: _f, gap: _g, ...rest } = writeAccountHeader(HEADER, 4)
    const first = { ...rest, record: 1, presentedAt: '2026-11-22T10:00:00Z' }
    expect(readAccountHeader(KEY, first)).toEqual({ header: HEADER, revision: 4 })
  })

  it('of version 2 read as of today: an account as it is, an app with no secret but its newest', () => {
    const account = { ...writeAccountHeader(HEADER, 4), record: 2 }
    expect(readAccountHeader(KEY, account)).toEqual({ header: HEADER, revision: 4 })
    const { previousEndsAt: _, ...rest } = writeAppHeader(APP.header, 5)
    const app = { ...rest, record: 2 }
    expect(readAppHeader('app/ebay:default', app)).toEqual({ header: APP.header, revision: 5 })
    expect(readAppHeader('app/ebay:default', { ...app, record: 1 }).header).toEqual(APP.header)
  })

  it('of an app of version 3 from before it was asked whether it is public: it is not', () => {
    const { isPublic: _, ...stored } = writeAppHeader(APP.header, 5)
    expect(readAppHeader('app/ebay:default', stored).header).toEqual({ ...APP.header, isPublic: false })
  })

  it('of an app by a manifest keep its token host, and no other has one', () => {
    const header = { ...APP.header, tokenOrigin: 'https://api.shop.example' }
    expect(readAppHeader('app/ebay:default', writeAppHeader(header, 5)).header).toEqual(header)
    expect(writeAppHeader(APP.header, 5)).not.toHaveProperty('tokenOrigin')
  })

  it('of accounts do not hold what their app is', () => {
    const stored = writeAccountHeader({ ...HEADER, isAppPublic: true }, 1)
    expect(stored).not.toHaveProperty('isAppPublic')
    expect(readAccountHeader(KEY, stored).header.isAppPublic).toBeNull()
  })

  it.each([
    ['of an account of version 1', 1],
    ['of an account of version 2', 2],
  ])('refuse an unknown field %s', (_, record) => {
    const { failing: _f, gap: _g, ...first } = writeAccountHeader(HEADER, 1)
    const stored = record === 1 ? { ...first, presentedAt: null } : writeAccountHeader(HEADER, 1)
    expect(failure(() => readAccountHeader(KEY, { ...stored, record, surprise: 1 })).message).toMatch(
      /unknown field surprise/,
    )
  })

  it.each([0, 0.5, -1, 1.5, '1', '2', null])('are no older version with the number %j', record => {
    const stored = { ...writeAppHeader(APP.header, 1), record }
    expect(failure(() => readAppHeader('app/ebay:default', stored)).message).toMatch(
      /not in shape \(record\)/,
    )
  })

  it('refuse a prototype for a field', () => {
    const text = JSON.stringify(writeAccountHeader(HEADER, 1)).replace('{', '{"__proto__":{"x":1},')
    expect(failure(() => readAccountHeader(KEY, JSON.parse(text))).code).toBe('RECORD_UNREADABLE')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('of apps come back, and are refused under another key', () => {
    const header = { ...APP.header, secretIssuedAt: AT, previousEndsAt: AT + 7 }
    const stored = writeAppHeader(header, 3)
    expect(stored).toMatchObject({ record: 3, previousEndsAt: '2026-11-22T10:00:00.007Z' })
    expect(readAppHeader('app/ebay:default', stored)).toEqual({ header, revision: 3 })
    const error = failure(() => readAppHeader('app/amazon:default', stored))
    expect([error.code, error.message]).toEqual([
      'RECORD_UNREADABLE',
      "The record app/amazon:default says that it is ebay:default's.",
    ])
  })
})

describe('secrets', () => {
  it('come back as they went in', () => {
    fc.assert(
      fc.property(anySecrets(200), secrets => {
        const { body, perishable } = writeAccountSecrets(secrets)
        expect(revealed(readAccountSecrets(KEY, body, perishable))).toEqual(revealed(secrets))
      }),
    )
  })

  it('keep the access token apart from what must never be lost', () => {
    const [secrets] = fc.sample(anySecrets(20), 1)
    if (secrets === undefined) throw new Error('no sample')
    expect(JSON.parse(writeAccountSecrets(secrets).body)).not.toHaveProperty('accessToken')
  })

  it('are never in the error for a body that is damaged', () => {
    for (const body of [
      '{"record":1,"refreshToken":"CANARY"',
      '{"record":1,"refreshToken":{"CANARY":1}}',
      'CANARY',
    ]) {
      const error = failure(() => readAccountSecrets(KEY, body, null))
      expect(error.code).toBe('RECORD_UNREADABLE')
      expect(`${error.message} ${error.fix} ${String(error.cause)}`).not.toContain('CANARY')
    }
    const message = failure(() => readAccountSecrets(KEY, 'CANARY', null)).message
    expect(message).toBe(`The body of the record ${KEY} is not JSON.`)
  })

  it('of version 1 read as of today', () => {
    const body = JSON.stringify({ record: 1, refreshToken: 't', previous: null, pending: null })
    expect(readAccountSecrets(KEY, body, null).refreshToken?.reveal()).toBe('t')
  })

  it.each([1, 2])('of an app of version %i have nothing before them', record => {
    const body = JSON.stringify({ record, keys: { clientId: 'x' } })
    const { keys, previous } = readAppSecrets('app/ebay:default', body)
    expect([Object.keys(keys), previous]).toEqual([['clientId'], null])
  })

  it('of an account of version 2 read as of today', () => {
    const body = JSON.stringify({ record: 2, refreshToken: 't', previous: null, pending: null })
    expect(readAccountSecrets(KEY, body, null).refreshToken?.reveal()).toBe('t')
  })

  it.each([
    ['{"command":[]}'],
    ['{"command":"CANARY"}'],
    ['{"url":"CANARY"}'],
    ['{"url":"CANARY","key":"CANARY","command":["CANARY"]}'],
    ['"CANARY"'],
  ])('refuse a delivery that is none: %s', delivery => {
    const body = `{"record":3,"refreshToken":null,"previous":null,"pending":null,"delivery":${delivery}}`
    const error = failure(() => readAccountSecrets(KEY, body, null))
    expect(error.message).toMatch(/not in shape \(delivery/)
    expect(`${error.message} ${error.fix} ${String(error.cause)}`).not.toContain('CANARY')
  })

  it('have no access token where none is kept, not an empty one', () => {
    const { body } = writeAccountSecrets(NO_SECRETS)
    expect(readAccountSecrets(KEY, body, null).accessToken).toBeNull()
    expect(readAccountSecrets(KEY, body, '').accessToken?.reveal()).toBe('')
  })

  it('of apps come back, whatever their fields are called', () => {
    const texts = (keys: AppKeys | null) =>
      keys && Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, value.reveal()]))
    const previous = { clientId: new Secret('id'), clientSecret: new Secret('older secret') }
    const read = readAppSecrets('app/ebay:default', writeAppSecrets({ ...APP, previous }))
    expect(texts(read.keys)).toEqual({ clientId: 'id', clientSecret: 'very secret' })
    expect(texts(read.previous)).toEqual({ clientId: 'id', clientSecret: 'older secret' })
    expect(readAppSecrets('app/ebay:default', writeAppSecrets(APP)).previous).toBeNull()
    expect(failure(() => readAppSecrets('app/ebay:default', '{"record":4,"keys":{}}')).message).toMatch(
      /newer/,
    )
  })

  it.each([
    '{"record":3,"keys":{"__proto__":"CANARY"},"previous":{"__proto__":"CANARY"}}',
    '{"record":3,"keys":{},"previous":{"clientSecret":7}}',
    '{"record":3,"keys":{},"previous":"CANARY"}',
    '{"record":3,"keys":{}}',
    '{"record":2,"keys":"CANARY"}',
  ])('of an app, damaged: %s', body => {
    let message = 'read'
    try {
      const { keys, previous } = readAppSecrets('app/ebay:default', body)
      expect([Object.getPrototypeOf(keys), Object.getPrototypeOf(previous)]).toEqual(
        Array.from({ length: 2 }, () => Object.prototype),
      )
    } catch (error) {
      if (!(error instanceof TokenctlError)) throw error
      message = `${error.code} ${error.message} ${String(error.cause)}`
    }
    expect(message).toMatch(/^(read$|RECORD_UNREADABLE )/)
    expect(message).not.toContain('CANARY')
  })
})

it('keys begin with what they are of', () => {
  expect(accountKey('ebay:main')).toBe(KEY)
  expect(keySubject(KEY)).toBe('ebay:main')
  expect(keySubject('app/ebay:default')).toBe('ebay:default')
})
