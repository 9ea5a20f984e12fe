/** `login`: what a person is told, what becomes of the code, a link and its end; nothing is asked of anybody in vain. */
import { describe, expect, test } from 'vitest'
import { loginRun } from '../../../src/cli/commands/login.ts'
import { showClock } from '../../../src/cli/render/dates.ts'
import { accountResultSchema } from '../../../src/cli/shapes/account-shape.ts'
import { loginLinkSchema } from '../../../src/cli/shapes/login-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { HttpRequest, HttpResponse } from '../../../src/platform/http.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { tokenSet } from '../../support/accounts.ts'
import type { FakeClock } from '../../support/clock.ts'
import { type ConsentWorld, consentWorld, shownState } from '../../support/consent-world.ts'
import { NOW } from '../../support/world.ts'
import { screen } from '../render/screen.ts'

const CODE = 'v^1.1#i^1#p^3#t^H4sIAAAA'
const EBAY = { marketplace: 'ebay:main', name: undefined }

const answer = (status: number, body: object): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const ISSUED = {
  access_token: 'v^1.1#access',
  expires_in: 7200,
  refresh_token: 'v^1.1#refresh-canary',
  refresh_token_expires_in: 47_304_000,
  token_type: 'User Access Token',
}

/** eBay: an exchange, and whose shop it is. */
const ebay = (token = answer(200, ISSUED), user = answer(200, { userId: 'u-4711', username: 'shop' })) => {
  const sent: HttpRequest[] = []
  const http = async (request: HttpRequest) => {
    sent.push(request)
    return request.url.includes('/commerce/identity/') ? user : token
  }
  return { sent, http }
}

/** What the browser comes back with, once the address was shown. */
const comesBack = (shown: string) =>
  `https://shop.example/?state=${shownState(shown)}&code=${encodeURIComponent(CODE)}&expires_in=299`

const err = ({ terminal }: ConsentWorld) => terminal.shown.err
const flat = (text: string) => text.replace(/\s+/g, ' ')

describe('a login at a terminal', () => {
  test('shows where to consent, exchanges what is pasted, and says whose shop it is', async () => {
    const { sent, http } = ebay()
    const world = await consentWorld({ http, pastes: [comesBack] })
    expect(await loginRun(EBAY, world)).toBe(0)
    expect(flat(err(world))).toMatch(
      /^eBay's consent page opens in your browser\. If it does not, open this address: https:\S+ Sign in as the seller of ebay:main, and agree\. Then the browser goes to another page, which need not load: copy the whole address from its address bar\. The code that comes back lives 4 min 59 s; this login waits for it until \d\d:15:00\. Exchanging the code at eBay … $/,
    )
    expect(world.opened).toEqual([err(world).match(/^https:\S+$/m)?.[0]])
    expect(world.terminal.shown.out).toMatch(
      /^ebay:main is connected by a new consent\. Its seller is shop \(u-4711\)\.\n/,
    )
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'GET'])
    expect(new URLSearchParams(sent[0]?.body).get('code')).toBe(CODE)
    expect(err(world) + world.terminal.shown.out).not.toMatch(/canary|H4sIAAAA/)
    const stored = await world.vault.account({ marketplace: 'ebay', name: 'main' })
    expect(stored?.header).toMatchObject({
      seller: 'shop (u-4711)',
      consentAt: NOW,
      endsAt: NOW + 47_304_000_000,
    })
    expect(stored?.secrets.refreshToken?.reveal()).toBe(ISSUED.refresh_token)
  })

  test.each([
    ['--no-browser', { browser: false }, true],
    ['a browser that cannot be shown', {}, false],
  ])('%s: the address alone', async (_, options, hasBrowser) => {
    const world = await consentWorld({ http: ebay().http, pastes: [comesBack], hasBrowser })
    expect(await loginRun({ ...EBAY, ...options }, world)).toBe(0)
    expect(err(world)).toMatch(
      /^Open this address in the browser where the seller signs in:\n\nhttps:\S+\n\n/,
    )
    expect(world.opened).toHaveLength(hasBrowser ? 0 : 1)
  })

  test.each([
    [
      'the account’s seller',
      {},
      'Sign in as the seller of ebay:main, shop (u-4711), and agree: another one is refused.',
    ],
    ['whoever shall have it', { replaceSeller: true }, 'Sign in as the seller of ebay:main, and agree.'],
  ])('names %s', async (_, options, words) => {
    const accounts = [tokenSet({ seller: 'shop (u-4711)' })]
    const world = await consentWorld({ accounts, http: ebay().http, pastes: [comesBack] })
    expect(await loginRun({ ...EBAY, ...options }, world)).toBe(0)
    expect(flat(err(world))).toContain(words)
  })

  test('where it listens: the answer comes by itself, and the question below says that it may be pasted too', async () => {
    const redirectUri = 'http://127.0.0.1:8765/ebay'
    const arrives = (shown: string) =>
      new Map([
        ['state', shownState(shown)],
        ['code', CODE],
      ])
    const world = await consentWorld({ http: ebay().http, keys: { ebay: { redirectUri } }, arrives })
    expect(await loginRun(EBAY, world)).toBe(0)
    expect(flat(err(world))).toContain(
      `and agree. The answer comes back here by itself. The code that comes back lives 4 min 59 s; this login waits for it until ${showClock(NOW + 15 * 60_000)}. Waiting for the browser …`,
    )
    expect(err(world)).not.toContain('address bar')
  })

  test('Amazon: it says that nobody is asked who they are', async () => {
    const http = async () =>
      answer(200, {
        access_token: 'Atza|x',
        refresh_token: 'Atzr|canary',
        expires_in: 3600,
        token_type: 'bearer',
      })
    const back = (shown: string) =>
      `https://shop.example/?state=${shownState(shown)}&selling_partner_id=A3FHEXAMPLE&spapi_oauth_code=RHxExample`
    const world = await consentWorld({ http, pastes: [back] })
    expect(await loginRun({ marketplace: 'amazon', name: 'main', region: 'na' }, world)).toBe(0)
    expect(flat(err(world))).toContain(
      'Amazon does not ask who you are: see first which account is signed in.',
    )
    expect((await world.vault.account({ marketplace: 'amazon', name: 'main' }))?.header).toMatchObject({
      seller: 'A3FHEXAMPLE',
      region: 'na',
    })
  })

  test('a seller that eBay does not tell is said to be unknown', async () => {
    const { http } = ebay(answer(200, ISSUED), answer(403, { errors: [{ errorId: 1100 }] }))
    const world = await consentWorld({ http, pastes: [comesBack] })
    expect(await loginRun(EBAY, world)).toBe(0)
    expect(world.terminal.shown.out).toContain('by a new consent. eBay did not tell whose shop it is.')
  })

  test.each([
    [
      'MARKETPLACE_DOWN',
      answer(503, {}),
      /^Wait a little\. Then `tokenctl login ebay:main` begins anew; nothing that is stored was changed\.$/,
    ],
    ['RATE_LIMITED', answer(429, {}), /^Wait a little\. Then/],
    [
      'REPLY_MALFORMED',
      answer(200, {}),
      /^Something between here and the marketplace may be answering, .* Then `tokenctl login ebay:main` begins anew/,
    ],
    [
      'GRANT_REJECTED',
      answer(400, { error: 'invalid_grant' }),
      /^A code works once, .* Run the login again for a new one\. Nothing that is stored was changed\.$/,
    ],
    ['CLIENT_REJECTED', answer(401, { error: 'invalid_client' }), /tokenctl app set ebay/],
  ])('%s: it says what helps here, where no next run will try', async (code, token, fix) => {
    const world = await consentWorld({ http: ebay(token).http, pastes: [comesBack] })
    await expect(loginRun(EBAY, world)).rejects.toMatchObject({ code, fix: expect.stringMatching(fix) })
    expect((await world.vault.listing()).accounts).toEqual([])
  })

  test('what the network says of itself stays, and the command follows', async () => {
    const http = async () => {
      throw new TokenctlError('NETWORK_FAILED', 'No name.', {
        failure: 'ambiguous',
        fix: 'Check the address.',
      })
    }
    const world = await consentWorld({ http, pastes: [comesBack] })
    await expect(loginRun(EBAY, world)).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      failure: 'ambiguous',
      account: 'ebay:main',
      fix: 'Check the address. Then `tokenctl login ebay:main` begins anew; nothing that is stored was changed.',
    })
  })

  test('an answer that waits for its seller says so in its own words', async () => {
    const { http } = ebay(answer(200, ISSUED), answer(503, {}))
    const world = await consentWorld({ http, pastes: [comesBack] })
    await expect(loginRun(EBAY, world)).rejects.toMatchObject({
      code: 'MARKETPLACE_DOWN',
      fix: expect.stringMatching(
        /^Run `tokenctl login ebay:main` again: .* `tokenctl login ebay:main --replace-seller` stores it/,
      ),
    })
    const { http: mended, sent } = ebay()
    Object.assign(world, { http: async () => ({ send: mended }) })
    expect(await loginRun(EBAY, world)).toBe(0)
    expect(sent.map(({ url }) => url)).toEqual([expect.stringContaining('/commerce/identity/')])
    expect(world.terminal.shown.out).toContain(
      'ebay:main is connected by a new consent. Its seller is shop (u-4711).',
    )
  })
})

describe('nobody is there', () => {
  const unattended = () => consentWorld({ terminal: screen('pipe') })

  test('it ends with what to do, and touches nothing', async () => {
    const world = await unattended()
    await expect(loginRun(EBAY, world)).rejects.toMatchObject({
      code: 'ANSWER_MISSING',
      fix: expect.stringContaining('`tokenctl login ebay:main --link`'),
    })
    expect([world.opened, world.terminal.shown]).toEqual([[], { out: '', err: '' }])
  })

  test.each([
    [{ link: true, resume: true }, '--link and --resume exclude each other.'],
    [{ stdin: true }, '--stdin goes with --resume.'],
    [{ marketplace: undefined }, 'Which marketplace was not said.'],
    [{ app: 'No App' }, /app/],
  ])('%j is refused', async (options, message) => {
    await expect(loginRun({ ...EBAY, ...options }, await unattended())).rejects.toMatchObject({
      code: 'USAGE',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })
})

describe('a link', () => {
  async function made(options: Parameters<typeof consentWorld>[0] = {}, account = EBAY) {
    const world = await consentWorld({ http: ebay().http, terminal: screen('pipe'), ...options })
    expect(await loginRun({ ...account, link: true }, world)).toBe(0)
    const address = world.terminal.shown.out.trim()
    return { world, address, back: comesBack(address) }
  }
  const resume = (world: ConsentWorld, text: string, options: object = {}) => {
    Object.assign(world.terminal, { readStdin: async () => text })
    return loginRun({ ...EBAY, resume: true, stdin: true, ...options }, world)
  }

  test('is printed alone, with what to do beside it', async () => {
    const { world, address } = await made()
    expect(address).toMatch(/^https:\/\/auth\.ebay\.com\/oauth2\/authorize\?\S+$/)
    expect(err(world)).toBe(
      'Send this address to the seller of ebay:main; it is good until 2026-11-29. After agreeing, the browser goes to another page, which need not load: its whole address must come back to you within 4 min 59 s.\nNext: `tokenctl login ebay:main --resume`, and paste what came back.\n',
    )
    expect(world.opened).toEqual([])
  })

  test('as JSON', async () => {
    const world = await consentWorld({ terminal: screen('pipe') })
    expect(await loginRun({ ...EBAY, link: true, json: true }, world)).toBe(0)
    expect(loginLinkSchema.parse(JSON.parse(world.terminal.shown.out))).toMatchObject({
      account: 'ebay:main',
      codeSeconds: 299,
      until: '2026-11-29T10:00:00Z',
    })
    expect(err(world)).toBe('')
  })

  test('is answered once, as JSON too', async () => {
    const { world, back } = await made()
    world.terminal.shown.out = ''
    expect(await resume(world, back, { json: true })).toBe(0)
    expect(accountResultSchema.parse(JSON.parse(world.terminal.shown.out))).toMatchObject({
      account: 'ebay:main',
      outcome: 'renewed',
    })
    await expect(resume(world, back)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'No link is waiting for an answer for ebay:main.',
    })
  })

  test.each([
    ['just before its end', 7 * DAY - 1, true],
    ['at its end', 7 * DAY, false],
    ['by a clock that went back a week', -7 * DAY, false],
  ])('%s', async (_, ms, isGood) => {
    const { world, back } = await made()
    ;(world.clock as FakeClock).advance(ms)
    if (isGood) expect(await resume(world, back)).toBe(0)
    else
      await expect(resume(world, back)).rejects.toMatchObject({
        message: 'No link is waiting for an answer for ebay:main.',
        fix: '`tokenctl login ebay:main --link` makes one; it is good for 7 days, and for one answer.',
      })
  })

  test('whose exchange fails is used up: the way is another link', async () => {
    const { world, back } = await made({ http: ebay(answer(503, {})).http })
    await expect(resume(world, back)).rejects.toMatchObject({
      code: 'MARKETPLACE_DOWN',
      fix: 'Wait a little. Then `tokenctl login ebay:main --link` begins anew; nothing that is stored was changed.',
    })
    await expect(resume(world, back)).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('what is no answer leaves it', async () => {
    const { world, back } = await made()
    for (const text of [
      '',
      'https://shop.example/',
      back.replace('state=', 'state=x'),
      `${back}&state=x`,
      'short',
    ])
      await expect(resume(world, text)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(resume(world, back.replace(/code=[^&]*/, 'error=access_denied'))).rejects.toMatchObject({
      code: 'CONSENT_DENIED',
      fix: 'The link stays good until 2026-11-29: the seller can open it again, and agree.',
    })
    expect(await resume(world, back)).toBe(0)
  })

  test('at a terminal a slip is asked again, and a refusal ends it', async () => {
    const { world, back } = await made()
    const here = Object.assign(
      world,
      await consentWorldAt(world, ['x', back.replace('state=', 'state=x'), back]),
    )
    expect(await loginRun({ ...EBAY, resume: true }, here)).toBe(0)
    expect(here.refused).toEqual([
      expect.stringMatching(/^Not taken\. A code alone does not say/),
      expect.stringMatching(/^Not taken\. This is no answer to the link of ebay:main\./),
    ])
    expect(flat(err(here))).toContain(
      "The answer to the link of ebay:main is the whole address that the seller's browser went to.",
    )
  })

  /** The same vault, with a person at a terminal. */
  async function consentWorldAt(world: ConsentWorld, pastes: readonly string[]) {
    const { prompt, refused, terminal } = await consentWorld({ pastes })
    return { prompt, refused, terminal, vault: world.vault }
  }
})
