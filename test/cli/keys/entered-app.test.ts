/** Keys that are entered anew beside those of a rotation: which of them stay, and until when. */
import { describe, expect, test } from 'vitest'
import { type EnteredApp, enteredApp } from '../../../src/cli/keys/entered-app.ts'
import { aliexpress } from '../../../src/marketplaces/aliexpress/index.ts'
import { amazon } from '../../../src/marketplaces/amazon/index.ts'
import { ebay } from '../../../src/marketplaces/ebay/index.ts'
import type { App, AppKeys } from '../../../src/tokens/app-keys.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { Environment } from '../../../src/tokens/token-set.ts'
import { at } from '../../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ISSUED = NOW - DAY
const OLD_ENDS = ISSUED + 7 * DAY

function keys(clientSecret: string, clientId = 'id', applicationId?: string): AppKeys {
  const more = applicationId === undefined ? {} : { applicationId: new Secret(applicationId) }
  return { clientId: new Secret(clientId), clientSecret: new Secret(clientSecret), ...more }
}

const header = (environment: Environment, secretIssuedAt: number | null) =>
  ({ marketplace: 'amazon', name: 'default', environment, secretIssuedAt }) as const

const entered = (
  given: AppKeys,
  issued: number | null = null,
  environment: Environment = 'production',
): EnteredApp => ({ header: header(environment, issued), keys: given })

/** An app that was rotated a day ago. */
const ROTATED: App = {
  header: { ...header('production', ISSUED), isPublic: false, previousEndsAt: OLD_ENDS },
  keys: keys('new'),
  previous: keys('old'),
}
const UNROTATED: App = {
  header: { ...header('production', ISSUED), isPublic: false, previousEndsAt: null },
  keys: keys('new'),
  previous: null,
}

describe('keys entered over a rotation', () => {
  test.each<[string, EnteredApp, { issued: number | null; oldEnds: number | null }]>([
    ['the same keep all that is known', entered(keys('new')), { issued: ISSUED, oldEnds: OLD_ENDS }],
    ['a mistyped secret put right', entered(keys('right')), { issued: null, oldEnds: OLD_ENDS }],
    [
      'an application id that was left out',
      entered(keys('new', 'id', 'amzn1.sp.solution.1')),
      { issued: ISSUED, oldEnds: OLD_ENDS },
    ],
    [
      'a day of issue put right moves the end with it',
      entered(keys('new'), ISSUED - 2 * DAY),
      { issued: ISSUED - 2 * DAY, oldEnds: OLD_ENDS - 2 * DAY },
    ],
    ['but no later', entered(keys('new'), ISSUED + DAY), { issued: ISSUED + DAY, oldEnds: OLD_ENDS }],
    ['another client', entered(keys('new', 'other-id')), { issued: null, oldEnds: null }],
    ['back to the old secret', entered(keys('old')), { issued: null, oldEnds: null }],
    [
      'back to the old secret, with an application id',
      entered(keys('old', 'id', 'amzn1.sp.solution.1')),
      { issued: null, oldEnds: null },
    ],
    ['another environment', entered(keys('right'), null, 'local'), { issued: null, oldEnds: null }],
  ])('%s', (_, given, { issued, oldEnds }) => {
    const next = enteredApp(given, ROTATED, amazon)
    expect(next.keys).toBe(given.keys)
    const isPublic = given.keys['applicationId'] !== undefined
    expect(next.header).toEqual({
      ...given.header,
      isPublic,
      secretIssuedAt: issued,
      previousEndsAt: oldEnds,
    })
    expect(next.previous).toBe(oldEnds === null ? null : ROTATED.previous)
  })
})

test.each<[string, App | undefined, EnteredApp, number | null]>([
  ['the first', undefined, entered(keys('new'), ISSUED), ISSUED],
  ['the same, without a day', UNROTATED, entered(keys('new')), ISSUED],
  ['others, without a day', UNROTATED, entered(keys('right')), null],
  ['others, with a day', UNROTATED, entered(keys('right'), NOW), NOW],
])('keys entered without a rotation have nothing before them: %s', (_, stored, given, issued) => {
  expect(enteredApp(given, stored, amazon)).toEqual({
    header: { ...given.header, isPublic: false, secretIssuedAt: issued, previousEndsAt: null },
    keys: given.keys,
    previous: null,
  })
})

test('every eBay and AliExpress app has a consent page', () => {
  for (const adapter of [ebay, aliexpress])
    expect(enteredApp(entered(keys('new')), undefined, adapter).header.isPublic).toBe(true)
})

describe('the host that keys are entered for', () => {
  const origins = { production: 'https://api.shop.example', sandbox: 'https://box.shop.example' }
  const own = { ...amazon, origins, isOwn: true } as const

  test.each<[Environment, string | undefined]>([
    ['production', origins.production],
    ['sandbox', origins.sandbox],
    ['local', undefined],
  ])('is kept where a manifest of one’s own names it: %s', (environment, origin) => {
    const given = entered(keys('new'), null, environment)
    expect(enteredApp(given, undefined, own).header.tokenOrigin).toBe(origin)
    expect(enteredApp(given, undefined, { ...amazon, origins }).header).not.toHaveProperty('tokenOrigin')
  })
})
