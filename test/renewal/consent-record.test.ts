/**
 * Whose consent it was: the same for the run that has just received its answer and for the one that finds it in a journal.
 * Each row is run both ways.
 */
import { describe, expect, test } from 'vitest'
import { type ErrorCode, type FailureClass, TokenctlError } from '../../src/errors.ts'
import { consent } from '../../src/renewal/consent.ts'
import { type AnsweredConsent, withConsent } from '../../src/renewal/consent-record.ts'
import type { RenewalPorts } from '../../src/renewal/ports.ts'
import { recover } from '../../src/renewal/recover.ts'
import { renewOne } from '../../src/renewal/renew-one.ts'
import type { Identify } from '../../src/renewal/seller.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR, MINUTE } from '../../src/tokens/time.ts'
import type { AccountHeader, Region } from '../../src/tokens/token-set.ts'
import { at, delivery, issued, tokenSet } from '../support/accounts.ts'
import { answerText, fakeLogin, readAnswerText } from '../support/fake-login.ts'
import { leaveConsent } from '../support/left-consent.ts'
import { type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const EBAY = { marketplace: 'ebay', name: 'main' }
const NAME = 'ebay:main'
const OLD = { consentAt: NOW - 100 * DAY, renewedAt: NOW - 93 * DAY, generation: 4 } as const

/** By whom the seller is told: `refuses` for good, which is told as nothing; `is down` for now. */
interface Told {
  readonly exchange?: string
  readonly redirect?: string
  readonly identity?: string
}

const fault = (code: ErrorCode, failure: FailureClass) =>
  new TokenctlError(code, `It is ${code}.`, { failure })

function identifying(identity: string | undefined, log: string[]): Identify {
  return async (_, app, { accessToken }) => {
    log.push(`identify ${accessToken.reveal()} ${Object.keys(app).length} keys`)
    if (identity === 'refuses') return undefined
    if (identity === 'is down') throw fault('MARKETPLACE_DOWN', 'transient')
    return identity
  }
}

const tokenAnswer = ({ exchange }: Told) => ({
  access_token: 'access',
  refresh_token: 'consented',
  ...(exchange === undefined ? {} : { seller: exchange }),
})

function start(environment: 'production' | 'local' = 'production'): ScriptedRun {
  return scriptedRun({
    answer: () => new Error('the tests have their own network'),
    adapter: { login: async () => fakeLogin(readAnswerText) },
    environment,
  })
}

function portsOf(run: ScriptedRun, told: Told, more: Partial<RenewalPorts> = {}): RenewalPorts {
  const http = {
    send: async () => {
      run.log.push('send')
      return { status: 200, headers: {}, body: answerText(tokenAnswer(told)) }
    },
  }
  return { ...run.ports, http, identify: identifying(told.identity, run.log), ...more }
}

interface Row {
  readonly told: Told
  readonly replacesSeller?: boolean
  readonly region?: Region
  readonly app?: string
}

/** The code is exchanged now. */
async function live(run: ScriptedRun, { told, replacesSeller = false, region, app }: Row): Promise<unknown> {
  const consented = {
    account: EBAY,
    code: new Secret('the-code'),
    seller: told.redirect ?? null,
    replacesSeller,
    app: app ?? null,
    region: region ?? null,
  }
  return await consent(consented, portsOf(run, told)).catch((error: TokenctlError) => error)
}

/** It was exchanged by a run that was killed then; what this one says of it. */
async function found(run: ScriptedRun, { told, replacesSeller = false, region, app }: Row): Promise<unknown> {
  const header = await headerOf(run)
  await leaveConsent(run.vault, {
    account: NAME,
    generation: header?.generation ?? 0,
    at: NOW - MINUTE,
    answers: [tokenAnswer(told)],
    intent: { seller: told.redirect ?? null, replacesSeller },
    change: { region: region ?? header?.region ?? null, app: app ?? 'default' },
  })
  const result = await recover(EBAY, portsOf(run, told)).catch((error: TokenctlError) => error)
  if (result instanceof TokenctlError) return result
  const event = run.events.at(-1)
  if (event?.code === 'SELLER_MISMATCH') return new TokenctlError('SELLER_MISMATCH', run.told.join('\n'))
  return result.stored?.header
}

const headerOf = async (run: ScriptedRun): Promise<AccountHeader | undefined> =>
  (await run.vault.account(EBAY))?.header
const left = async (run: ScriptedRun) => (await run.vault.journal()).read(NAME)
const identified = (run: ScriptedRun) => run.log.filter(line => line.startsWith('identify'))

const WAYS = [
  ['just received', live],
  ['found in a journal', found],
] as const

describe.each(WAYS)('an answer that was %s', (way, settle) => {
  const isLive = way === 'just received'

  test.each<[string, string | null, Told, string | null, boolean]>([
    ['the same, by the exchange', 'shop-1', { exchange: 'shop-1' }, 'shop-1', false],
    ['the same, by the redirect', 'shop-1', { redirect: 'shop-1' }, 'shop-1', false],
    ['the same, by the identity', 'shop-1', { identity: 'shop-1' }, 'shop-1', true],
    ['unknown before, by the exchange', null, { exchange: 'shop-1' }, 'shop-1', false],
    ['unknown before, by the redirect', null, { redirect: 'shop-1' }, 'shop-1', false],
    ['unknown before, by the identity', null, { identity: 'shop-1' }, 'shop-1', true],
    ['unknown before and now', null, {}, null, true],
    ['unknown before, and not told for good', null, { identity: 'refuses' }, null, true],
    ['by the exchange before the others', 'a', { exchange: 'a', redirect: 'a', identity: 'b' }, 'a', false],
    ['by the redirect before the identity', 'a', { redirect: 'a', identity: 'b' }, 'a', false],
  ])('is stored where the seller is %s', async (_, known, told, seller, isAsked) => {
    const run = start()
    await run.add(NAME, { ...OLD, seller: known })
    expect(await settle(run, { told })).toMatchObject({ seller, generation: 5 })
    const { header, secrets } = await run.stored(NAME)
    expect(header.seller).toBe(seller)
    expect(secrets.refreshToken?.reveal()).toBe('consented')
    expect(identified(run)).toEqual(isAsked ? ['identify access 2 keys'] : [])
    expect(await left(run)).toBeUndefined()
  })

  const ANOTHER =
    /^ebay:main belongs to the seller shop-1, and it was shop-2 who consented\. Nothing was stored\.$/
  const UNTOLD =
    /^ebay:main belongs to the seller shop-1, and nothing tells whose consent this is\. Nothing was stored\.$/

  test.each<[string, Told, RegExp]>([
    ['another, by the exchange', { exchange: 'shop-2' }, ANOTHER],
    ['another, by the redirect', { redirect: 'shop-2' }, ANOTHER],
    [
      'another, by the exchange, whatever the redirect says',
      { exchange: 'shop-2', redirect: 'shop-1' },
      ANOTHER,
    ],
    ['another, by the identity', { identity: 'shop-2' }, ANOTHER],
    ['told by nobody', {}, UNTOLD],
    ['not told for good', { identity: 'refuses' }, UNTOLD],
  ])('is let go of where the seller is %s', async (_, told, words) => {
    const run = start()
    await run.add(NAME, { ...OLD, seller: 'shop-1' })
    const before = await run.stored(NAME)
    expect(await settle(run, { told })).toMatchObject({
      code: 'SELLER_MISMATCH',
      message: expect.stringMatching(words),
    })
    expect(await run.stored(NAME)).toEqual(before)
    expect(await left(run)).toBeUndefined()
    expect(run.events).toMatchObject([
      { action: isLive ? 'login' : 'recover', outcome: 'failed', code: 'SELLER_MISMATCH' },
    ])
  })

  test.each<[string, Told, string | null]>([
    ['another', { exchange: 'shop-2' }, 'shop-2'],
    ['another, by the redirect', { redirect: 'shop-2' }, 'shop-2'],
    // The one who was known is still compared with next time: a person's word erases nothing.
    ['told by nobody', {}, 'shop-1'],
  ])('is stored where the account goes over to a seller that is %s', async (_, told, seller) => {
    const run = start()
    await run.add(NAME, { ...OLD, seller: 'shop-1' })
    expect(await settle(run, { told, replacesSeller: true })).toMatchObject({ seller, generation: 5 })
    expect((await run.stored(NAME)).header.seller).toBe(seller)
  })

  test.each([
    ['another seller, whose tokens are not for the receiver that was chosen', 'shop-2', false],
    ['the same one', 'shop-1', true],
  ] as const)('is handed on as before only where it is that of %s', async (_, exchange, isKept) => {
    const run = start()
    const receiver = { command: ['/usr/bin/receiver'] }
    await run.add(NAME, { ...OLD, seller: 'shop-1', delivery: delivery({}) }, { delivery: receiver })
    await settle(run, { told: { exchange }, replacesSeller: true })
    const { header, secrets } = await run.stored(NAME)
    expect([header.delivery !== null, secrets.delivery !== null]).toEqual([isKept, isKept])
  })

  const told = { exchange: 'shop-1' }
  test.each<[string, Partial<AccountHeader>, Partial<Row>, boolean]>([
    ['of that seller', {}, {}, true],
    ['of another seller', { seller: 'shop-9' }, {}, false],
    ['of another region', { region: 'na' }, { region: 'eu' }, false],
    ['of the same region', { region: 'eu' }, { region: 'eu' }, true],
    ['of another app', { app: 'other' }, {}, false],
    ['without a token', { holdsToken: false }, {}, false],
    ['that may stand beside it', {}, { replacesSeller: true }, false],
  ])('beside an account %s: let go of, or stored', async (_, twin, row, isRefused) => {
    const run = start()
    await run.add('ebay:twin', { ...OLD, seller: 'shop-1', ...twin })
    const result = await settle(run, { told, ...row })
    if (!isRefused) {
      expect(result).toMatchObject({ seller: 'shop-1', generation: 1, region: row.region ?? null })
      return
    }
    expect(result).toMatchObject({
      code: 'SELLER_MISMATCH',
      message:
        'The seller shop-1, who consented, is connected already, as ebay:twin. Nothing was stored for ebay:main.',
    })
    expect(await headerOf(run)).toBeUndefined()
    expect(await left(run)).toBeUndefined()
  })

  test('is stored for an account of that very seller, whoever else has it', async () => {
    const run = start()
    await run.add('ebay:twin', { ...OLD, seller: 'shop-1' })
    await run.add(NAME, { ...OLD, seller: 'shop-1' })
    expect(await settle(run, { told })).toMatchObject({ seller: 'shop-1', generation: 5 })
  })

  test('that waits for the marketplace is stored where a person vouches for the seller', async () => {
    const run = start()
    await run.add(NAME, { ...OLD, seller: 'shop-1' })
    expect(await settle(run, { told: { identity: 'is down' } })).toMatchObject({ code: 'MARKETPLACE_DOWN' })
    const ports = portsOf(run, { identity: 'is down' })
    await expect(recover(EBAY, ports)).rejects.toMatchObject({ code: 'MARKETPLACE_DOWN' })
    expect(await recover(EBAY, ports, { replacesSeller: true })).toMatchObject({ isConsent: true })
    const { header, secrets } = await run.stored(NAME)
    expect(header).toMatchObject({ seller: 'shop-1', generation: 5, awaitsRecovery: false })
    expect(secrets.refreshToken?.reveal()).toBe('consented')
    expect(await left(run)).toBeUndefined()
  })

  test('waits where nobody tells yet whose it is, and the next run goes on from there', async () => {
    const run = start()
    await run.add(NAME, { ...OLD, seller: 'shop-1', refused: { code: 'GRANT_REJECTED', at: NOW - 3 * DAY } })
    const before = await run.stored(NAME)
    const waits = {
      code: 'MARKETPLACE_DOWN',
      failure: 'transient',
      account: NAME,
      message:
        'eBay took the consent, and its answer is kept; but it does not tell yet whose shop it is: It is MARKETPLACE_DOWN.',
      fix: expect.stringMatching(
        /^Run `tokenctl login ebay:main` again: .* `tokenctl login ebay:main --replace-seller` stores it/,
      ),
    }
    expect(await settle(run, { told: { identity: 'is down' } })).toMatchObject(waits)
    const { header, secrets } = await run.stored(NAME)
    expect(header).toMatchObject({ awaitsRecovery: true, generation: 4 })
    expect(secrets).toEqual(before.secrets)
    expect(await left(run)).toMatchObject({ undertaking: { purpose: 'consent' }, replies: [{}] })
    run.log.length = 0

    const down = await renewOne(EBAY, header, 'due', portsOf(run, { identity: 'is down' }))
    expect(down).toMatchObject({ outcome: 'failed', error: { code: 'MARKETPLACE_DOWN' } })
    expect((await run.stored(NAME)).secrets).toEqual(before.secrets)

    const up = await renewOne(EBAY, header, 'due', portsOf(run, { identity: 'shop-1' }))
    expect(up).toMatchObject({ outcome: 'renewed', header: { seller: 'shop-1', refused: null } })
    expect(run.log).not.toContain('send')
    expect((await run.stored(NAME)).secrets.refreshToken?.reveal()).toBe('consented')
    expect(await left(run)).toBeUndefined()
  })

  test('waits, and is let go of when it turns out to be another’s', async () => {
    const run = start()
    await run.add(NAME, { ...OLD, seller: 'shop-1' })
    expect(await settle(run, { told: { identity: 'is down' } })).toMatchObject({ code: 'MARKETPLACE_DOWN' })
    const ports = portsOf(run, { identity: 'shop-2' })
    const { header } = await run.stored(NAME)
    // The renewal that finds it goes on with the token that is stored.
    expect(await renewOne(EBAY, header, 'named', ports)).toMatchObject({ outcome: 'renewed' })
    const { secrets } = await run.stored(NAME)
    expect([secrets.refreshToken?.reveal(), secrets.previous]).toEqual(['old-token', null])
    expect(run.told).toEqual([expect.stringMatching(ANOTHER)])
    expect(await left(run)).toBeUndefined()
  })

  test('waits too where the asking ends in a fault of ours', async () => {
    const run = start()
    await run.add(NAME, OLD)
    const identify = () => Promise.reject(new TypeError('ours'))
    const ports = portsOf(run, {}, { identify })
    const consented = { account: EBAY, code: new Secret('the-code'), app: null, region: null }
    const intent = { seller: null, replacesSeller: false }
    if (isLive) await expect(consent({ ...consented, ...intent }, ports)).rejects.toThrow('ours')
    else {
      await leaveConsent(run.vault, { account: NAME, generation: 4, at: NOW, answers: [tokenAnswer({})] })
      await expect(recover(EBAY, ports)).rejects.toThrow('ours')
    }
    expect(await left(run)).toMatchObject({ replies: [{}] })
  })
})

test('the code is not spent on the wrong seller where the redirect tells who it is', async () => {
  for (const name of ['ebay:main', 'ebay:twin']) {
    const run = start()
    await run.add(name, { ...OLD, seller: name === NAME ? 'shop-1' : 'shop-2' })
    const result = await live(run, { told: { redirect: 'shop-2', exchange: 'shop-2' } })
    expect(result).toMatchObject({ code: 'SELLER_MISMATCH' })
    expect(run.log).not.toContain('send')
    expect(run.log).not.toContain(`mark ${NAME}`)
    const accepted = await live(run, { told: { redirect: 'shop-2' }, replacesSeller: true })
    expect(accepted).toMatchObject({ seller: 'shop-2' })
  }
})

test('what a wrong seller’s consent leaves of an account that was rejected', async () => {
  const run = start()
  const refused = { code: 'GRANT_REJECTED', at: NOW - DAY } as const
  await run.add(NAME, { ...OLD, seller: 'shop-1', refused })
  expect(await live(run, { told: { exchange: 'shop-2' } })).toMatchObject({ code: 'SELLER_MISMATCH' })
  expect((await run.stored(NAME)).header).toMatchObject({ refused, gap: null })
})

describe('an environment that was switched between the runs', () => {
  const answers = [tokenAnswer({})]
  const production = { account: NAME, generation: 4, at: NOW - HOUR, answers }

  test('the access token is shown to nobody elsewhere, and the answer waits', async () => {
    const run = start('local')
    await run.add(NAME, { ...OLD, environment: 'production', seller: 'shop-1' })
    await leaveConsent(run.vault, production)
    await expect(recover(EBAY, portsOf(run, { identity: 'shop-1' }))).rejects.toMatchObject({
      code: 'ENVIRONMENT_MISMATCH',
    })
    expect(identified(run)).toEqual([])
    expect(await left(run)).toMatchObject({ replies: [{}] })
    const destinationOf = () => ({ environment: 'production' as const, origin: 'https://ebay.test' })
    const ports = portsOf(run, { identity: 'shop-1' }, { destinationOf })
    expect(await recover(EBAY, ports)).toMatchObject({ outcome: 'renewed' })
    expect((await run.stored(NAME)).header).toMatchObject({ environment: 'production', seller: 'shop-1' })
  })

  test('one whose seller is told needs nobody, and is stored as of its own environment', async () => {
    const run = start('local')
    await run.addApp('ebay')
    await leaveConsent(run.vault, { ...production, generation: 0, intent: { seller: 'shop-1' } })
    await recover(EBAY, portsOf(run, {}))
    expect((await run.stored(NAME)).header).toMatchObject({ environment: 'production', seller: 'shop-1' })
    expect(identified(run)).toEqual([])
  })
})

describe('the record', () => {
  const run = start()
  const answered = (change: Partial<AnsweredConsent> = {}): AnsweredConsent => ({
    adapter: run.ports.adapterOf('ebay'),
    app: {},
    before: tokenSet({ ...OLD, seller: 'shop-1' }),
    issued: issued({ accessExpiresAt: NOW, refreshToken: new Secret('consented'), seller: 'shop-1' }),
    intent: { seller: null, replacesSeller: false },
    at: NOW - 1,
    ...change,
  })

  test('counts from the exchange, not from the run that stores it', async () => {
    const { header, secrets } = await withConsent(answered(), run.ports)
    const times = { consentAt: NOW - 1, renewedAt: NOW - 1, acceptedAt: NOW - 1 }
    expect(header).toMatchObject({ ...times, lastAttempt: { at: NOW - 1, outcome: 'renewed' } })
    expect(secrets.accessToken?.reveal()).toBe('access-token')
    expect(secrets.previous).toMatchObject({ generation: 4 })
  })

  test('keeps the token before it where the marketplace gave the same once more', async () => {
    const same = issued({ accessExpiresAt: NOW, refreshToken: new Secret('old-token'), seller: 'shop-1' })
    const previous = { refreshToken: new Secret('older'), generation: 2 }
    const before = tokenSet({ ...OLD, seller: 'shop-1' }, { previous })
    const { header, secrets } = await withConsent(answered({ issued: same, before }), run.ports)
    expect(secrets.previous?.refreshToken.reveal()).toBe('older')
    expect(header.generation).toBe(5)
  })

  test('is none without a refresh token, whatever the marketplace tells of its seller', async () => {
    const none = issued({ accessExpiresAt: NOW, seller: 'shop-1' })
    await expect(withConsent(answered({ issued: none }), run.ports)).rejects.toMatchObject({
      code: 'REPLY_MALFORMED',
      failure: 'ambiguous',
    })
  })

  test.each<[ErrorCode, FailureClass]>([
    ['NETWORK_FAILED', 'transient'],
    ['NETWORK_FAILED', 'ambiguous'],
    ['RATE_LIMITED', 'transient'],
    ['REPLY_MALFORMED', 'transient'],
  ])('waits after %s (%s), which is said as it is', async (code, failure) => {
    const { seller: _, ...untold } = answered().issued
    const why = fault(code, failure)
    const identify = () => Promise.reject(why)
    const error = await withConsent(answered({ issued: untold }), { ...run.ports, identify }).catch(e => e)
    expect(error).toMatchObject({ code, failure, cause: why })
  })
})
