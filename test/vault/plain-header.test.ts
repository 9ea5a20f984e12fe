/** The quick reading of a header never says anything else than the schema does; it only sometimes says nothing. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTokenctlError } from '../../src/errors.ts'
import { plainAppHeader, plainHeader } from '../../src/vault/plain-header.ts'
import { RECORD_VERSION } from '../../src/vault/record-version.ts'
import { shapedAppHeader, shapedHeader, writeAccountHeader, writeAppHeader } from '../../src/vault/records.ts'
import type { HeaderJson } from '../../src/vault/secret-store.ts'
import { delivery } from '../support/accounts.ts'
import { AT, anyHeader } from './samples.ts'

const KEY = 'account/ebay:main'

function byShape(json: HeaderJson): unknown {
  try {
    return shapedHeader(KEY, json)
  } catch (error) {
    if (isTokenctlError(error)) return undefined
    throw error
  }
}

const stored = anyHeader.map(
  header => JSON.parse(JSON.stringify(writeAccountHeader(header, 7))) as Record<string, unknown>,
)

/** Values that stand in a header, nearly stand in one, or never would. */
const anyValue = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      null,
      true,
      0,
      -0,
      -1,
      1.5,
      2 ** 52 + 2,
      2 ** 60,
      '',
      'ebay:main',
      'EBAY:main',
      'a:b:c',
      ':',
      'eu',
      'production',
    ],
    ...[
      '2026-11-22T10:00:00Z',
      '2026-11-22',
      '2026-02-30T10:00:00Z',
      '2026-11-22T24:00:00Z',
      '+012026-11-22T10:00:00Z',
    ],
    ...[
      '2026-11-22T10:00:00.123456Z',
      '2026-11-22T12:00:00+02:00',
      '0001-01-01T00:00:00Z',
      ' 2026-11-22T10:00:00Z',
    ],
    ...[
      {},
      [],
      { client: 'acme' },
      { Client: 'acme' },
      { client: 1 },
      { from: '2026-11-22', to: '2026-11-23' },
    ],
    { code: 'GRANT_REJECTED', at: '2026-11-22T10:00:00Z' },
    { code: 'ELSE', at: '2026-11-22T10:00:00Z' },
    { at: '2026-11-22T10:00:00Z', outcome: 'proved', code: null },
    { code: 'X', count: 0, since: '2026-11-22T10:00:00Z', notBefore: null },
    { ...delivery(), setAt: '2026-11-22T10:00:00Z' },
    { ...delivery(), setAt: '2026-11-22T10:00:00Z', tokens: ['access', 'access'] },
    { ...delivery(), setAt: '2026-11-22T10:00:00Z', tokens: [] },
  ),
  fc.jsonValue(),
)

describe('a header', () => {
  it('as this version writes it is read, as the schema reads it, field after field', () => {
    fc.assert(
      fc.property(stored, json => {
        const read = plainHeader(json, RECORD_VERSION)
        expect(read).toEqual(byShape(json))
        expect(JSON.stringify(read?.header)).toBe(JSON.stringify(shapedHeader(KEY, json).header))
      }),
    )
  })

  it('whose tokens are handed on, too', () => {
    const failing = { code: 'NETWORK', count: 2, since: AT, lastAt: AT, notBefore: null }
    for (const each of [
      delivery(),
      delivery({ failing, deliveredGeneration: 1, deliveredAt: AT, marginMs: 60_000 }),
    ])
      fc.assert(
        fc.property(anyHeader, header => {
          const json = writeAccountHeader({ ...header, delivery: each }, 1)
          expect(plainHeader(json, RECORD_VERSION)).toEqual(byShape(json))
        }),
        { numRuns: 20 },
      )
  })

  it('with anything in the place of a field is read alike, or not', () => {
    fc.assert(
      fc.property(stored, fc.nat(), anyValue, (json, place, value) => {
        const keys = Object.keys(json)
        const changed = { ...json, [keys[place % keys.length] ?? '']: value }
        const read = plainHeader(changed, RECORD_VERSION)
        if (read !== undefined) expect(read).toEqual(byShape(changed))
      }),
      { numRuns: 2000 },
    )
  })

  it('with a field more or less, or of another version, is the schema’s to read', () => {
    fc.assert(
      fc.property(stored, fc.nat(), (json, place) => {
        const keys = Object.keys(json)
        const { [keys[place % keys.length] ?? '']: _, ...less } = json
        expect(plainHeader(less, RECORD_VERSION)).toBeUndefined()
        expect(plainHeader({ ...json, more: null }, RECORD_VERSION)).toBeUndefined()
        expect(plainHeader({ ...json, record: RECORD_VERSION + 1 }, RECORD_VERSION)).toBeUndefined()
        expect(plainHeader({ ...less, other: null }, RECORD_VERSION)).toBeUndefined()
      }),
    )
  })
})

const anyDate = fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: null })
const storedApp = fc
  .record(
    {
      marketplace: fc.constantFrom('ebay', 'amazon', 'mine'),
      name: fc.constantFrom('default', 'second-1'),
      environment: fc.constantFrom('production' as const, 'sandbox' as const),
      isPublic: fc.boolean(),
      secretIssuedAt: anyDate,
      previousEndsAt: anyDate,
      tokenOrigin: fc.string(),
    },
    { requiredKeys: ['marketplace', 'name', 'environment', 'isPublic', 'secretIssuedAt', 'previousEndsAt'] },
  )
  .map(header => JSON.parse(JSON.stringify(writeAppHeader(header, 7))) as Record<string, unknown>)

function appByShape(json: HeaderJson): unknown {
  try {
    return shapedAppHeader('app/ebay:default', json)
  } catch (error) {
    if (isTokenctlError(error)) return undefined
    throw error
  }
}

describe("an app's header", () => {
  it('as this version writes it is read, as the schema reads it', () => {
    fc.assert(
      fc.property(storedApp, json => {
        const read = plainAppHeader(json, RECORD_VERSION)
        expect(read).toEqual(appByShape(json))
      }),
    )
  })

  it('with anything in the place of a field is read alike, or not', () => {
    fc.assert(
      fc.property(storedApp, fc.nat(), anyValue, (json, place, value) => {
        const keys = Object.keys(json)
        const changed = { ...json, [keys[place % keys.length] ?? '']: value }
        const read = plainAppHeader(changed, RECORD_VERSION)
        if (read !== undefined) expect(read).toEqual(appByShape(changed))
      }),
      { numRuns: 2000 },
    )
  })

  it('with a field more or less is the schema’s to read', () => {
    fc.assert(
      fc.property(storedApp, fc.nat(), (json, place) => {
        const keys = Object.keys(json).filter(key => key !== 'tokenOrigin')
        const { [keys[place % keys.length] ?? '']: _, ...less } = json
        expect(plainAppHeader(less, RECORD_VERSION)).toBeUndefined()
        expect(plainAppHeader({ ...json, more: null }, RECORD_VERSION)).toBeUndefined()
      }),
    )
  })
})
