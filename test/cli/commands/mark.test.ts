/** What `mark` writes down of a notification, and what it leaves. */
import { describe, expect, test } from 'vitest'
import { type MarkOptions, markRun } from '../../../src/cli/commands/mark.ts'
import { markSchema } from '../../../src/cli/shapes/mark-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { HttpRequest, HttpResponse } from '../../../src/platform/http.ts'
import type { AppHeader } from '../../../src/tokens/app-keys.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import {
  CLIENT_ID,
  fromSns,
  fromSqs,
  NEW_SECRET,
  REVOCATION,
  SECRET_EXPIRY,
  SECRET_NEW,
} from '../../marketplaces/notification-samples.ts'
import { at, tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorld, type TestWorldOptions, testWorld } from '../../support/world.ts'

const REVOKED_AT = at('2026-11-21T20:43:58Z')
const SELLER = 'shop-4711 (aBc123dEf45)'

const mark = (world: TestWorld, more: Partial<MarkOptions> = {}) => markRun({ stdin: true, ...more }, world)
const shown = ({ terminal }: TestWorld) => terminal.shown.out + terminal.shown.err

describe('a revoked consent', () => {
  const ebay = (given: Partial<AccountHeader> = {}) =>
    tokenSet(
      { consentAt: at('2026-11-01'), acceptedAt: at('2026-11-20'), seller: SELLER, ...given },
      { refreshToken: new Secret('v^1.1#canary') },
    )
  const world = (accounts = [ebay()], document: unknown = REVOCATION, more: TestWorldOptions = {}) =>
    testWorld({ accounts, stdin: JSON.stringify(document), ...more })
  const header = async (of: TestWorld, name = 'main') =>
    (await of.vault.account({ marketplace: 'ebay', name }))?.header

  test('the account is refused from then on, and nothing else of it changes', async () => {
    const of = await world()
    const before = await of.vault.account({ marketplace: 'ebay', name: 'main' })
    expect(await mark(of)).toBe(0)
    const after = await of.vault.account({ marketplace: 'ebay', name: 'main' })
    expect(after?.header).toEqual({ ...before?.header, refused: { code: 'GRANT_REJECTED', at: REVOKED_AT } })
    expect(after?.secrets).toEqual(before?.secrets)
    expect(of.terminal.shown.out).toMatch(
      /^ebay:main: eBay says that its consent was revoked by the seller on 2026-11-2\d \d\d:\d\d; it is marked as refused\.\n$/,
    )
    expect(of.terminal.shown.err).toBe('A new consent mends it: `tokenctl login ebay:main`.\n')
    expect(of.noted).toMatchObject([{ action: 'mark', subject: 'ebay:main', outcome: 'done' }])
  })

  test('a second time there is nothing to do', async () => {
    const of = await world()
    await mark(of)
    const before = await of.vault.account({ marketplace: 'ebay', name: 'main' })
    expect(await mark(of)).toBe(0)
    expect((await of.vault.account({ marketplace: 'ebay', name: 'main' }))?.revision).toBe(before?.revision)
    expect(of.terminal.shown.out).toContain('ebay:main was known to be refused already.\n')
    expect(of.noted).toHaveLength(1)
  })

  test.each<[what: string, given: Partial<AccountHeader>]>([
    ['a later consent', { consentAt: at('2026-11-22'), acceptedAt: null }],
    ['a later acceptance', { acceptedAt: at('2026-11-21T20:43:59Z') }],
  ])('%s is none of its business', async (_, given) => {
    const of = await world([ebay(given)])
    expect(await mark(of)).toBe(0)
    expect((await header(of))?.refused).toBeNull()
    expect(of.terminal.shown).toMatchObject({
      out: expect.stringMatching(/^ebay:main was good on .*stays as it is/),
      err: '',
    })
    expect(of.noted).toEqual([])
  })

  const named = (userId: string | undefined, username: string | undefined) => ({
    ...REVOCATION,
    notification: { ...REVOCATION.notification, data: { ...REVOCATION.notification.data, userId, username } },
  })
  test.each<[what: string, seller: string | null, document: unknown, isIts: boolean]>([
    ['another name, the same id', 'old-name (aBc123dEf45)', REVOCATION, true],
    ['an id alone', 'aBc123dEf45', REVOCATION, true],
    ['a name alone', 'shop-4711', REVOCATION, true],
    ['the same name of another id', 'shop-4711 (other)', REVOCATION, false],
    ['a notification with the name alone', SELLER, named(undefined, 'shop-4711'), true],
    ['a notification with the id alone', SELLER, named('aBc123dEf45', undefined), true],
    ['a notification whose name is our id', SELLER, named(undefined, 'aBc123dEf45'), false],
    ['somebody else', 'other (id)', REVOCATION, false],
    ['nobody knows whose it is', null, REVOCATION, false],
  ])('%s', async (_, seller, document, isIts) => {
    const of = await world([ebay({ seller })], document)
    if (isIts) expect(await mark(of)).toBe(0)
    else await expect(mark(of)).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
    expect((await header(of))?.refused !== null).toBe(isIts)
  })

  test('nobody found: who was looked for is said, and whose seller is not known', async () => {
    const of = await world([ebay({ seller: null }), ebay({ account: 'ebay:other', seller: 'x (y)' })])
    await expect(mark(of)).rejects.toMatchObject({
      code: 'ACCOUNT_UNKNOWN',
      exit: 2,
      message: 'There is no eBay account of the seller shop-4711 (aBc123dEf45).',
      fix: expect.stringContaining('`tokenctl mark --stdin --account ebay:main`'),
    })
  })

  test('named by a person: of a seller that nobody knows, and never of another', async () => {
    const of = await world([ebay({ seller: null }), ebay({ account: 'ebay:other', seller: 'x (y)' })])
    await expect(mark(of, { account: 'ebay:other' })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'ebay:other is of the seller x (y); eBay speaks of shop-4711 (aBc123dEf45).',
    })
    await expect(mark(of, { account: 'ebay:mian' })).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
    await expect(mark(of, { account: 'amazon:main' })).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
    expect(await mark(of, { account: 'ebay:main' })).toBe(0)
    expect([(await header(of))?.refused?.at, (await header(of, 'other'))?.refused]).toEqual([
      REVOKED_AT,
      null,
    ])
  })

  test('several of one seller: all of them; one that cannot be written stops no other', async () => {
    const of = await world([
      ebay(),
      ebay({ account: 'ebay:second', app: 'second' }),
      ebay({ account: 'ebay:x', seller: 'x (y)' }),
    ])
    const save = of.vault.saveAccount.bind(of.vault)
    of.vault.saveAccount = (set, after) =>
      set.header.account === 'ebay:main'
        ? Promise.reject(new TokenctlError('WRITE_FAILED', 'The disk is full.'))
        : save(set, after)
    expect(await mark(of, { json: true })).toBe(5)
    expect(markSchema.parse(JSON.parse(of.terminal.shown.out)).marked).toMatchObject([
      {
        notification: 'AUTHORIZATION_REVOCATION',
        kind: 'account',
        subject: 'ebay:second',
        outcome: 'refused',
      },
    ])
    expect((await header(of, 'second'))?.refused?.at).toBe(REVOKED_AT)
    expect((await header(of, 'x'))?.refused).toBeNull()
  })

  test('of the sandbox and of a shop that is only followed: not meant', async () => {
    const of = await world([
      ebay({ environment: 'sandbox' }),
      tokenSet({ account: 'ebay:tracked', holdsToken: false, seller: SELLER }),
    ])
    await expect(mark(of)).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
  })

  test('a simulator is told of its own accounts', async () => {
    const settings = { 'endpoint.ebay': 'http://127.0.0.1:8080' }
    const of = await world([ebay({ environment: 'local' })], REVOCATION, { settings })
    expect(await mark(of)).toBe(0)
    expect((await header(of))?.refused).not.toBeNull()
  })

  test('revoked in days to come: the clock is looked at', async () => {
    const document = structuredClone(REVOCATION)
    document.notification.data.revocationDate = '2026-11-24T00:00:00.000Z'
    const of = await world([ebay()], document)
    await expect(mark(of)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('in the future'),
    })
    document.notification.data.revocationDate = '2026-11-22T10:30:00.000Z'
    const near = await world([ebay()], document)
    expect(await mark(near)).toBe(0)
    // A clock that is a little behind: never dated ahead of it.
    expect((await header(near))?.refused?.at).toBe(NOW)
  })
})

const answerOf = (status: number, body: object): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
type Answer = (request: HttpRequest) => Promise<HttpResponse>
const accepts: Answer = async () =>
  answerOf(200, { access_token: 'Atza|x', token_type: 'bearer', expires_in: 3600, refresh_token: 'Atzr|x' })
const refusesKeys: Answer = async () => answerOf(401, { error: 'invalid_client' })
const down: Answer = async () => answerOf(503, {})

interface Scene extends TestWorldOptions {
  readonly header?: Partial<AppHeader>
  /** The secrets that are stored, the newest first. */
  readonly secrets?: readonly string[]
  readonly clientId?: string
}

/** A world with an Amazon app and an account of it, and a notification. */
async function amazon(
  document: unknown,
  { header = {}, secrets = ['old'], clientId = CLIENT_ID, ...more }: Scene = {},
) {
  const account = tokenSet(
    { account: 'amazon:main', consentAt: NOW - DAY, renewedAt: NOW - DAY },
    { refreshToken: new Secret('Atzr|canary') },
  )
  const world = await testWorld({ accounts: [account], stdin: JSON.stringify(document), ...more })
  const keysOf = (secret: string) => ({ clientId: new Secret(clientId), clientSecret: new Secret(secret) })
  const [newest = '', before] = secrets
  const whole = {
    marketplace: 'amazon',
    name: 'default',
    environment: 'production',
    secretIssuedAt: null,
    isPublic: false,
    previousEndsAt: null,
    ...header,
  } as const
  const previous = before === undefined ? null : keysOf(before)
  await world.vault.saveApp({ header: whole, keys: keysOf(newest), previous }, null)
  return world
}

async function stored(world: TestWorld) {
  const app = await world.vault.app('amazon', 'default')
  return {
    secrets: [app?.keys, app?.previous].flatMap(keys => keys?.['clientSecret']?.reveal() ?? []),
    issuedAt: app?.header.secretIssuedAt ?? null,
    previousEndsAt: app?.header.previousEndsAt ?? null,
    revision: app?.revision,
  }
}

// 180 days before the end that the notification names.
const ISSUED = at('2027-01-14T22:06:39.224Z') - 180 * DAY

describe("the end of an app's secret", () => {
  test('sets the day it was issued, asks nobody, and says so', async () => {
    const world = await amazon(SECRET_EXPIRY)
    expect(await mark(world)).toBe(0)
    expect(await stored(world)).toEqual({
      secrets: ['old'],
      issuedAt: ISSUED,
      previousEndsAt: null,
      revision: 2,
    })
    expect(world.terminal.shown).toMatchObject({
      out: expect.stringMatching(
        /^The secret of Amazon app default ends 2027-01-1\d, Amazon says; that is stored\.\n$/,
      ),
      err: '',
    })
    expect(world.noted).toMatchObject([{ action: 'mark', subject: 'amazon:default' }])
  })

  test('corrects a day that a person gave', async () => {
    const world = await amazon(SECRET_EXPIRY, { header: { secretIssuedAt: at('2026-07-20') } })
    expect(await mark(world)).toBe(0)
    expect((await stored(world)).issuedAt).toBe(ISSUED)
  })

  test.each<[what: string, scene: Scene]>([
    ['known already', { header: { secretIssuedAt: ISSUED } }],
    // It was said before that secret was made.
    ['a newer secret since', { header: { secretIssuedAt: at('2026-11-22T09:30:00Z') } }],
    [
      'of the one that is still taken beside the new one',
      {
        header: { secretIssuedAt: NOW - 2 * DAY, previousEndsAt: at('2027-01-14T20:00:00Z') },
        secrets: ['new', 'old'],
      },
    ],
  ])('%s: it stays as it is, and 0', async (_, scene) => {
    const world = await amazon(SECRET_EXPIRY, scene)
    const before = await stored(world)
    expect(await mark(world, { json: true })).toBe(0)
    expect(await stored(world)).toEqual(before)
    expect(markSchema.parse(JSON.parse(world.terminal.shown.out)).marked).toMatchObject([
      { kind: 'app', subject: 'amazon:default', outcome: 'unchanged' },
    ])
  })

  test('an app that nobody entered: the client id that was looked for is named', async () => {
    const world = await amazon(SECRET_EXPIRY, { clientId: 'amzn1.application-oa2-client.other' })
    await expect(mark(world)).rejects.toMatchObject({
      code: 'ACCOUNT_UNKNOWN',
      message: `There is no Amazon app with the client id ${CLIENT_ID}.`,
    })
  })

  test.each([
    ['SECRET_EXPIRY', '1970-01-01T00:00:00Z', 'before it was written'],
    ['SECRET_EXPIRY', '2026-11-22T08:59:59Z', 'before it was written'],
    ['SECRET_EXPIRY', '2027-05-23T10:00:00Z', 'not issued yet when that was written'],
    ['SECRET_NEW', '1970-01-01T00:00:00Z', 'before it was written'],
    ['SECRET_NEW', '2027-05-23T10:00:00Z', 'not issued yet when that was written'],
    // Before the end of the old one.
    ['SECRET_NEW', '2026-11-23T00:00:00Z', 'and the one before it only'],
  ] as const)('%s with an end of %s contradicts itself: nothing changes', async (which, end, says) => {
    const [document, field] =
      which === 'SECRET_NEW'
        ? [SECRET_NEW, 'newClientSecretExpiryTime']
        : [SECRET_EXPIRY, 'clientSecretExpiryTime']
    const payload = Object.fromEntries(
      Object.entries(document.payload).map(([name, value]) => [name, { ...value, [field]: end }]),
    )
    // The secret that is stored, so that nothing but its dates is at stake.
    const world = await amazon({ ...document, payload }, { secrets: [NEW_SECRET] })
    const before = await stored(world)
    await expect(mark(world)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(says) })
    expect(await stored(world)).toEqual(before)
    expect(shown(world)).not.toContain(NEW_SECRET)
  })

  test('a secret that would not have been issued yet', async () => {
    const document = structuredClone(SECRET_EXPIRY)
    document.payload.applicationOAuthClientSecretExpiry.clientSecretExpiryTime = '2027-06-01T00:00:00Z'
    const world = await amazon(document)
    await expect(mark(world)).rejects.toMatchObject({ code: 'USAGE' })
    expect((await stored(world)).revision).toBe(1)
  })
})

const NEW_ISSUED = at('2027-05-21T09:00:00.198Z') - 180 * DAY
const OLD_ENDS = at('2026-11-29T09:00:00.180Z')

describe('a new secret', () => {
  test('is proved, stored with the old one beside it until the day that Amazon names, and shown nowhere', async () => {
    const sent: string[] = []
    const world = await amazon(fromSqs(fromSns(SECRET_NEW)), {
      http: async request => {
        sent.push(request.body)
        return await accepts(request)
      },
    })
    expect(await mark(world)).toBe(0)
    expect(sent).toHaveLength(1)
    expect(sent[0]).toContain(NEW_SECRET)
    expect(await stored(world)).toEqual({
      secrets: [NEW_SECRET, 'old'],
      issuedAt: NEW_ISSUED,
      previousEndsAt: OLD_ENDS,
      revision: 2,
    })
    expect(world.terminal.shown.out).toMatch(
      /^Amazon takes the new secret of app default .* The old one answers until/,
    )
    expect(shown(world)).not.toContain('canary')
    expect(world.noted).toMatchObject([
      { action: 'renew' },
      { action: 'app rotate', subject: 'amazon:default', outcome: 'done' },
    ])
  })

  test('a second time there is nothing to do, and nobody is asked', async () => {
    const world = await amazon(SECRET_NEW, { http: accepts })
    await mark(world)
    const before = await stored(world)
    const again = await amazon(SECRET_NEW, {
      secrets: [NEW_SECRET, 'old'],
      header: { secretIssuedAt: NEW_ISSUED, previousEndsAt: OLD_ENDS },
    })
    expect(await mark(again, { json: true })).toBe(0)
    expect(markSchema.parse(JSON.parse(again.terminal.shown.out)).marked).toMatchObject([
      { outcome: 'unchanged' },
    ])
    expect({ ...(await stored(again)), revision: 2 }).toEqual(before)
  })

  test('entered by hand before, with another day: the day is set, and nobody is asked', async () => {
    const world = await amazon(SECRET_NEW, { secrets: [NEW_SECRET, 'old'], header: { secretIssuedAt: NOW } })
    expect(await mark(world)).toBe(0)
    expect(await stored(world)).toMatchObject({ secrets: [NEW_SECRET, 'old'], issuedAt: NEW_ISSUED })
  })

  test('refused: nothing changes, and the notification is to be kept', async () => {
    const world = await amazon(SECRET_NEW, { http: refusesKeys })
    await expect(mark(world)).rejects.toMatchObject({
      code: 'CLIENT_REJECTED',
      exit: 3,
      fix: expect.stringContaining('`tokenctl mark --stdin < THE_SAME_NOTIFICATION`'),
    })
    expect(await stored(world)).toMatchObject({ secrets: ['old'], revision: 1 })
    expect(world.noted.at(-1)).toMatchObject({
      action: 'app rotate',
      outcome: 'failed',
      code: 'CLIENT_REJECTED',
    })
  })

  test.each<[what: string, scene: Scene]>([
    ['Amazon is out of order', { http: down }],
    ['no account can be asked', { accounts: [] }],
  ])('%s: kept unproven beside the old one, and said', async (_, scene) => {
    const world = await amazon(SECRET_NEW, scene)
    expect(await mark(world, { json: true })).toBe(0)
    const [row] = markSchema.parse(JSON.parse(world.terminal.shown.out)).marked
    expect(row).toMatchObject({ outcome: 'unproven', message: expect.stringContaining('Not proven: ') })
    expect(await stored(world)).toMatchObject({ secrets: [NEW_SECRET, 'old'] })
    expect(shown(world)).not.toContain('canary')
  })

  test.each<[what: string, scene: Scene]>([
    [
      'the last old one is still kept',
      { secrets: ['old', 'older'], header: { secretIssuedAt: NOW - 3 * DAY, previousEndsAt: NOW + 4 * DAY } },
    ],
  ])('unproven, and %s: nothing changes', async (_, scene) => {
    const world = await amazon(SECRET_NEW, { ...scene, http: down })
    await expect(mark(world)).rejects.toMatchObject({ code: 'MARKETPLACE_DOWN', exit: 4 })
    expect(await stored(world)).toMatchObject({ secrets: ['old', 'older'], revision: 1 })
  })

  test('unproven, and its old one has ended by now: nothing changes', async () => {
    const document = structuredClone(SECRET_NEW)
    document.payload.applicationOAuthClientNewSecret.oldClientSecretExpiryTime = '2026-11-22T09:30:00Z'
    const world = await amazon(document, { http: down })
    await expect(mark(world)).rejects.toMatchObject({ code: 'MARKETPLACE_DOWN' })
    expect((await stored(world)).revision).toBe(1)
  })

  test('older than the stored one: nothing changes, and it is an error', async () => {
    const world = await amazon(SECRET_NEW, {
      header: { secretIssuedAt: NEW_ISSUED + 2 * DAY },
      http: accepts,
    })
    await expect(mark(world)).rejects.toMatchObject({ code: 'USAGE' })
    const replaced = await amazon(SECRET_NEW, { secrets: ['newest', NEW_SECRET] })
    expect(await mark(replaced)).toBe(0)
    expect(replaced.terminal.shown.out).toContain('was replaced by a newer one since')
    expect((await stored(replaced)).revision).toBe(1)
  })

  test('of another environment: not asked about', async () => {
    const world = await amazon(SECRET_NEW, { header: { environment: 'local' } })
    await expect(mark(world)).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
  })

  test('two apps with one client: both', async () => {
    const world = await amazon(SECRET_EXPIRY)
    const app = await world.vault.app('amazon', 'default')
    if (app === undefined) expect.unreachable()
    await world.vault.saveApp({ ...app, header: { ...app.header, name: 'second' } }, null)
    expect(await mark(world, { json: true })).toBe(0)
    expect(
      markSchema.parse(JSON.parse(world.terminal.shown.out)).marked.map(({ subject }) => subject),
    ).toEqual(['amazon:default', 'amazon:second'])
  })

  test('several messages: one that is about nobody stops no other', async () => {
    const strange = structuredClone(SECRET_EXPIRY)
    strange.payload.applicationOAuthClientSecretExpiry.clientId = 'amzn1.application-oa2-client.other'
    const world = await amazon(fromSqs(strange, SECRET_EXPIRY))
    expect(await mark(world)).toBe(2)
    expect((await stored(world)).issuedAt).toBe(ISSUED)
    expect(world.terminal.shown.err).toContain('There is no Amazon app with the client id')
  })
})

describe('what is no notification', () => {
  test.each<[what: string, stdin: string, code: string, message: RegExp]>([
    ['nothing', '', 'ANSWER_MISSING', /notification/],
    ['cut JSON', JSON.stringify(SECRET_NEW).slice(0, 300), 'USAGE', /not JSON/],
    ['no JSON', '<xml>canary</xml>', 'USAGE', /not JSON/],
    ['another document', '{"version":1,"accounts":["canary"]}', 'USAGE', /no notification that is known/],
    ['a list', `[${JSON.stringify(REVOCATION)}]`, 'USAGE', /no notification that is known/],
    [
      'another topic',
      JSON.stringify({ ...REVOCATION, metadata: { topic: 'ITEM_AVAILABILITY' } }),
      'USAGE',
      /ITEM_AVAIL/,
    ],
    ['deep nesting', '['.repeat(200_000), 'USAGE', /notification/],
  ])('%s', async (_, stdin, code, message) => {
    const world = await amazon(null, { stdin })
    const before = await stored(world)
    const error = await mark(world).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, exit: 2, message: expect.stringMatching(message) })
    expect(String(error)).not.toContain('canary')
    expect(await stored(world)).toEqual(before)
  })

  test('an account has nothing to do with an app', async () => {
    const world = await amazon(SECRET_EXPIRY)
    await expect(mark(world, { account: 'amazon:main' })).rejects.toMatchObject({ code: 'USAGE' })
    expect((await stored(world)).revision).toBe(1)
  })

  test('without --stdin nothing is read', async () => {
    const world = await amazon(SECRET_EXPIRY)
    await expect(markRun({}, world)).rejects.toMatchObject({ code: 'ANSWER_MISSING' })
  })
})
