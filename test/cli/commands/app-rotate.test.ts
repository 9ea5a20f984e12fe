/** What `app rotate` stores and says, by what Amazon makes of the new secret. */
import { describe, expect, test } from 'vitest'
import { appListRun } from '../../../src/cli/commands/app.ts'
import { type AppRotateOptions, appRotateRun } from '../../../src/cli/commands/app-rotate.ts'
import type { HttpRequest, HttpResponse } from '../../../src/platform/http.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorld, type TestWorldOptions, testWorld } from '../../support/world.ts'

const TOKEN = 'Atzr|canary0123456789'
const NEW = 'canary-new'
const answerOf = (status: number, body: object): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-requestid': 'request-7' },
  body: JSON.stringify(body),
})
type Answer = (request: HttpRequest) => Promise<HttpResponse>
const accepts: Answer = async () =>
  answerOf(200, { access_token: 'Atza|canary', token_type: 'bearer', expires_in: 3600, refresh_token: TOKEN })
const refusesKeys: Answer = async () =>
  answerOf(401, { error: 'invalid_client', error_description: `canary ${NEW}` })
const refusesToken: Answer = async () =>
  answerOf(400, { error: 'invalid_grant', error_description: 'canary' })
const down: Answer = async () => answerOf(503, {})

interface Scene extends TestWorldOptions {
  readonly names?: readonly string[]
  readonly app?: string
  readonly previous?: number
}

async function scene({
  names = ['main'],
  app = 'default',
  previous,
  ...options
}: Scene = {}): Promise<TestWorld> {
  const known = { consentAt: NOW - DAY, renewedAt: NOW - DAY }
  const accounts = names.map(name =>
    tokenSet({ account: `amazon:${name}`, ...known }, { refreshToken: new Secret(TOKEN) }),
  )
  const world = await testWorld({ accounts, http: accepts, stdin: NEW, ...options })
  const header = {
    marketplace: 'amazon',
    name: app,
    environment: 'production',
    secretIssuedAt: NOW - 170 * DAY,
    isPublic: true,
    previousEndsAt: previous ?? null,
  } as const
  const keys = { clientId: new Secret('id'), clientSecret: new Secret('canary-old') }
  const before = previous === undefined ? null : { ...keys, clientSecret: new Secret('canary-before') }
  await world.vault.saveApp({ header, keys, previous: before }, null)
  return world
}

const rotate = (world: TestWorld, more: Partial<AppRotateOptions> = {}) =>
  appRotateRun({ marketplace: 'amazon', stdin: true, ...more }, world)

async function stored(world: TestWorld, name = 'default') {
  const app = await world.vault.app('amazon', name)
  const secret = (keys: typeof app extends undefined ? never : { readonly [key: string]: Secret } | null) =>
    keys?.['clientSecret']?.reveal() ?? null
  return {
    secrets: [secret(app?.keys ?? null), secret(app?.previous ?? null)],
    issuedAt: app?.header.secretIssuedAt,
    previousEndsAt: app?.header.previousEndsAt,
    revision: app?.revision,
  }
}

const UNCHANGED = {
  secrets: ['canary-old', null],
  issuedAt: NOW - 170 * DAY,
  previousEndsAt: null,
  revision: 1,
}
const shown = ({ terminal }: TestWorld) => terminal.shown.out + terminal.shown.err

describe('taken', () => {
  test('it is stored with the old one beside it, and both dates are said', async () => {
    const sent: string[] = []
    const world = await scene({
      http: async request => {
        sent.push(request.body)
        return await accepts(request)
      },
    })
    expect(await rotate(world)).toBe(0)
    expect(sent).toHaveLength(1)
    expect(sent[0]).toContain('client_secret=canary-new')
    expect(await stored(world)).toEqual({
      secrets: [NEW, 'canary-old'],
      issuedAt: NOW,
      previousEndsAt: NOW + 7 * DAY,
      revision: 2,
    })
    expect(world.terminal.shown).toMatchObject({
      out: 'Amazon takes the new secret of app default (asked with amazon:main); it is stored.\nIt ends 2027-05-21. The old one answers until 2026-11-29, and is used where the new one is not taken yet.\n',
      err: '`tokenctl status` shows both dates.\n',
    })
    expect(shown(world)).not.toContain('canary')
    expect(world.noted).toMatchObject([
      { action: 'renew', subject: 'amazon:main', outcome: 'proved' },
      { action: 'app rotate', subject: 'amazon:default', outcome: 'done', code: null },
    ])
  })

  test('issued days ago, the dates count from then', async () => {
    const world = await scene()
    expect(await rotate(world, { issued: '2026-11-20' })).toBe(0)
    const issuedAt = Date.UTC(2026, 10, 20)
    expect(await stored(world)).toMatchObject({ issuedAt, previousEndsAt: issuedAt + 7 * DAY })
  })

  test('issued longer ago than the old one lived, that is not kept', async () => {
    const world = await scene()
    expect(await rotate(world, { issued: '2026-11-15' })).toBe(0)
    expect(await stored(world)).toMatchObject({ secrets: [NEW, null], previousEndsAt: null })
    expect(world.terminal.shown.out).toContain('The old one has ended by now, and is not kept.')
  })

  test('of an app by its name, asked at a terminal', async () => {
    const world = await scene({ names: [], app: 'second', answers: [NEW] })
    const account = tokenSet({ account: 'amazon:main', app: 'second', consentAt: NOW - DAY })
    await world.vault.saveAccount(account, null)
    expect(await appRotateRun({ marketplace: 'amazon', name: 'second' }, world)).toBe(0)
    expect(world.asked).toEqual(['New LWA client secret for Amazon app second:'])
    expect((await stored(world, 'second')).secrets).toEqual([NEW, 'canary-old'])
  })

  test('again within the overlap: the newest two are kept', async () => {
    const world = await scene({ previous: NOW + 2 * DAY })
    expect(await rotate(world)).toBe(0)
    expect(await stored(world)).toMatchObject({
      secrets: [NEW, 'canary-old'],
      previousEndsAt: NOW + 7 * DAY,
    })
  })
})

describe('refused', () => {
  test.each([undefined, true])('nothing is changed, and 3 (--unproven: %j)', async unproven => {
    const world = await scene({ http: refusesKeys })
    await expect(rotate(world, unproven === true ? { unproven } : {})).rejects.toMatchObject({
      code: 'CLIENT_REJECTED',
      exit: 3,
      message: expect.stringMatching(/^Amazon does not take the new secret: .*Nothing was changed\.$/),
      fix: expect.stringMatching(
        /30 minutes .* works for 7 days after the rotation: .*`tokenctl app rotate amazon` again/,
      ),
      requestId: 'request-7',
    })
    expect(await stored(world)).toEqual(UNCHANGED)
    expect(world.noted).toMatchObject([
      { action: 'app rotate', outcome: 'failed', code: 'CLIENT_REJECTED', requestId: 'request-7' },
    ])
    const account = await world.vault.account({ marketplace: 'amazon', name: 'main' })
    expect(account?.header.lastAttempt).toBeNull()
  })

  test('the words show no secret', async () => {
    const world = await scene({ http: refusesKeys })
    const error = await rotate(world).catch((thrown: Error & { fix: string }) => thrown)
    expect(JSON.stringify(error) + String(error)).not.toContain('canary')
  })
})

describe('not proven', () => {
  const SCENES: readonly (readonly [string, Scene, string, number, RegExp])[] = [
    [
      'no account',
      { names: [] },
      'USAGE',
      2,
      /^No account of Amazon app default can prove the new secret\. Nothing/,
    ],
    [
      'every token is refused',
      { http: refusesToken },
      'USAGE',
      2,
      /^No account .* secret\. amazon:main: Amazon refused the refresh token .*Nothing was changed\.$/,
    ],
    [
      'Amazon is down',
      { http: down },
      'MARKETPLACE_DOWN',
      4,
      /^The new secret could not be proved\. amazon:main: /,
    ],
  ]

  test.each(SCENES)('%s: nothing is changed', async (_, given, code, exit, message) => {
    const world = await scene(given)
    await expect(rotate(world)).rejects.toMatchObject({
      code,
      exit,
      message: expect.stringMatching(message),
      fix: expect.stringContaining('`tokenctl app rotate amazon --unproven`'),
    })
    expect(await stored(world)).toEqual(UNCHANGED)
  })

  test.each(SCENES)('%s, --unproven: stored beside the old one, with the reason', async (_, given) => {
    const world = await scene(given)
    expect(await rotate(world, { unproven: true })).toBe(0)
    expect(await stored(world)).toMatchObject({
      secrets: [NEW, 'canary-old'],
      previousEndsAt: NOW + 7 * DAY,
    })
    expect(world.terminal.shown.out).toMatch(/^The new secret of Amazon app default is stored, unproven\.\n/)
    expect(world.terminal.shown.err).toMatch(
      /^Not proven: (No account of the app could be asked\.|amazon:main: )/,
    )
    expect(shown(world)).not.toContain('canary')
  })

  test('an unproven secret does not push out a good one', async () => {
    const world = await scene({ previous: NOW + 2 * DAY })
    await expect(rotate(world, { unproven: true })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('until 2026-11-24'),
      fix: expect.stringContaining('`tokenctl app set amazon`'),
    })
    expect((await stored(world)).secrets).toEqual(['canary-old', 'canary-before'])
  })

  test('but one that has ended has nothing to lose', async () => {
    const world = await scene({ previous: NOW, names: [] })
    expect(await rotate(world, { unproven: true })).toBe(0)
  })
})

describe('what is wrong with the request is said before anything is asked', () => {
  test.each<[string, Partial<AppRotateOptions>, string, RegExp]>([
    ['eBay', { marketplace: 'ebay' }, 'USAGE', /^eBay has no time in which an old and a new secret/],
    ['AliExpress', { marketplace: 'aliexpress' }, 'USAGE', /^AliExpress has no time/],
    ['no marketplace', { marketplace: 'shopify' }, 'MARKETPLACE_UNKNOWN', /shopify/],
    ['no app', { name: 'second' }, 'ACCOUNT_UNKNOWN', /^There is no Amazon app "second"\.$/],
    ['no name', { name: 'Main' }, 'USAGE', /cannot be the name of an app/],
    ['no date', { issued: '2026-02-30' }, 'USAGE', /--issued: .* is not a date/],
    ['a date ahead', { issued: '2027-01-01' }, 'USAGE', /--issued: .* in the future/],
  ])('%s', async (_, options, code, message) => {
    const world = await scene({ stdin: '', http: () => expect.unreachable('nobody is asked') })
    await expect(rotate(world, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
    expect(await stored(world)).toEqual(UNCHANGED)
  })

  test('an app of another environment', async () => {
    const settings = { 'endpoint.amazon': 'http://127.0.0.1:8080' }
    const world = await scene({ settings, stdin: '' })
    await expect(rotate(world)).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
  })

  test('the secret that is stored already', async () => {
    const world = await scene({ stdin: 'canary-old', http: () => expect.unreachable('nobody is asked') })
    await expect(rotate(world)).rejects.toMatchObject({ code: 'USAGE' })
    expect(await stored(world)).toEqual(UNCHANGED)
  })
})

test('another run that changed the app meanwhile: nothing is overwritten, and 4', async () => {
  const world: TestWorld = await scene({
    http: async request => {
      const app = await world.vault.app('amazon', 'default')
      if (app !== undefined) await world.vault.saveApp(app, app.revision)
      return await accepts(request)
    },
  })
  await expect(rotate(world)).rejects.toMatchObject({ code: 'LOCK_HELD', exit: 4 })
  expect(await stored(world)).toEqual({ ...UNCHANGED, revision: 2 })
})

test('`app list` shows the old secret while it lasts', async () => {
  const world = await scene({ previous: NOW + 2 * DAY })
  await appListRun({ json: true }, world)
  expect(JSON.parse(world.terminal.shown.out).apps).toMatchObject([
    { previousEndsAt: '2026-11-24T10:00:00Z' },
  ])
  world.terminal.shown.out = ''
  await appListRun({}, world)
  expect(world.terminal.shown.out).toContain('; the old secret answers until 2026-11-24.')
})
