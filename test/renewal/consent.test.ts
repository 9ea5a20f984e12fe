/** A code becomes tokens: in which order, on every kind of account, and what is left where anything on the way fails. */
import { describe, expect, test } from 'vitest'
import { type ErrorCode, type FailureClass, TokenctlError } from '../../src/errors.ts'
import type { Rotation } from '../../src/marketplaces/adapter.ts'
import type { HttpResponse } from '../../src/platform/http.ts'
import { type Consented, consent } from '../../src/renewal/consent.ts'
import type { RenewalPorts } from '../../src/renewal/ports.ts'
import { Presentation } from '../../src/renewal/presentation.ts'
import { renewOne } from '../../src/renewal/renew-one.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { AccountHeader, AccountSecrets } from '../../src/tokens/token-set.ts'
import { at, issued } from '../support/accounts.ts'
import { answerText, fakeLogin, readAnswerText } from '../support/fake-login.ts'
import { type Answer, type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY
const ALI = { marketplace: 'aliexpress', name: 'main' }
const NAME = 'aliexpress:main'
const OLD = { consentAt: ago(100), renewedAt: ago(93), acceptedAt: ago(93), generation: 4 } as const
const ROTATIONS = ['none', 'grace', 'strict', 'unknown'] as const

const given = (token = 'consented', more = {}) =>
  issued({ accessExpiresAt: NOW + HOUR, refreshToken: new Secret(token), ...more })
const fault = (code: ErrorCode, failure: FailureClass, more = {}) =>
  new TokenctlError(code, `It is ${code}.`, { failure, ...more })
const full = () => new TokenctlError('WRITE_FAILED', 'The disk is full.')

const start = (answer: Answer = () => given(), rotation: Rotation = 'strict') =>
  scriptedRun({ answer, adapter: { rotation } })

const login = (run: ScriptedRun, change: Partial<Consented> = {}, ports: Partial<RenewalPorts> = {}) =>
  consent(
    {
      account: ALI,
      code: new Secret('the-code'),
      seller: null,
      replacesSeller: false,
      app: null,
      region: null,
      ...change,
    },
    { ...run.ports, ...ports },
  )

const sent = (run: ScriptedRun) => run.log.filter(line => line.startsWith('send'))
const left = async (run: ScriptedRun) => (await run.vault.journal()).read(NAME)
const tokens = async (run: ScriptedRun) => {
  const { secrets } = await run.stored(NAME)
  return [secrets.refreshToken, secrets.previous?.refreshToken, secrets.pending].map(each => each?.reveal())
}

describe('a code that the marketplace takes', () => {
  test('makes the account, with today as the day of consent and the reported end', async () => {
    const run = start(() => given('consented', { endsAt: NOW + 180 * DAY, requestId: 'r-7' }))
    await run.addApp('aliexpress')
    const header = await login(run, { region: 'eu' })
    expect(header).toEqual((await run.stored(NAME)).header)
    expect(header).toMatchObject({
      account: NAME,
      app: 'default',
      environment: 'production',
      holdsToken: true,
      generation: 1,
      consentAt: NOW,
      renewedAt: NOW,
      acceptedAt: NOW,
      endsAt: NOW + 180 * DAY,
      accessExpiresAt: NOW + HOUR,
      region: 'eu',
      lastAttempt: { at: NOW, outcome: 'renewed', code: null },
    })
    expect(await tokens(run)).toEqual(['consented', undefined, undefined])
    expect(run.events).toEqual([
      { action: 'login', subject: NAME, outcome: 'stored', code: null, failure: null, requestId: 'r-7' },
    ])
    expect(run.told).toEqual([])
  })

  const refused = { code: 'GRANT_REJECTED', at: ago(1) } as const
  const accounts: readonly [string, Partial<AccountHeader>, Partial<AccountSecrets>, string | undefined][] = [
    ['that is fine', {}, {}, 'old-token'],
    ['that was refused', { refused }, {}, 'old-token'],
    ['that has ended', { endsAt: ago(2) }, {}, 'old-token'],
    ['that fails again and again', { failing: failing() }, {}, 'old-token'],
    ['that was only followed by its dates', { holdsToken: false, app: null }, NOTHING(), undefined],
    ['with a pasted token that waits', { pendingAt: ago(2) }, { pending: new Secret('paste') }, 'old-token'],
    ['whose answer was lost', { presentedAt: ago(1) }, {}, 'old-token'],
  ]
  test.each(ROTATIONS.flatMap(rotation => accounts.map(each => [rotation, ...each] as const)))(
    '%s: takes the place of what there was in an account %s',
    async (rotation, _, header, secrets, previous) => {
      const run = start(() => given(), rotation)
      await run.add(NAME, { ...OLD, ...header }, secrets)
      expect(await login(run)).toMatchObject({
        app: 'default',
        holdsToken: true,
        consentAt: NOW,
        renewedAt: NOW,
        acceptedAt: NOW,
        endsAt: null,
        refused: null,
        failing: null,
        pendingAt: null,
        presentedAt: null,
        awaitsRecovery: false,
        generation: 5,
      })
      expect(sent(run)).toEqual(['send the-code'])
      expect(await tokens(run)).toEqual(['consented', previous, undefined])
      expect(await left(run)).toBeUndefined()
      expect((await run.stored(NAME)).header.presentedAt).toBeNull()
      expect(run.held.now).toBe(0)
    },
  )

  test('is proved, marked, sent, kept, judged, stored and cleared, in this order and under the lock', async () => {
    const run = start()
    await run.add(NAME, OLD)
    const prove = run.vault.prove.bind(run.vault)
    run.vault.prove = async () => {
      run.log.push('prove')
      await prove()
    }
    const identify = async () => {
      run.log.push('identify')
      expect((await run.stored(NAME)).secrets.refreshToken?.reveal()).toBe('old-token')
      return undefined
    }
    await login(run, {}, { identify })
    expect(run.log).toEqual([
      `lock ${NAME}`,
      `read ${NAME}`,
      'keys aliexpress:default',
      'prove',
      `mark ${NAME}`,
      'send the-code',
      `keep ${NAME}`,
      'identify',
      `save ${NAME} renewed`,
      `clear ${NAME}`,
      `unlock ${NAME}`,
    ])
  })

  test('goes to the marketplace’s own exchange, with the app’s keys, and counts as no refresh', async () => {
    const requests: unknown[] = []
    const run = start((_, { method, url, headers }) => {
      requests.push([method, url, headers])
      return given()
    })
    await run.addApp('aliexpress')
    const used: unknown[] = []
    const quota = { left: () => null, used: (...what: unknown[]) => void used.push(what) }
    await login(run, {}, { quota })
    expect(requests).toEqual([
      ['POST', 'https://aliexpress.test/redeem', { 'client-secret': 'client-secret' }],
    ])
    expect(used).toEqual([])
  })

  test('may be of another app than the token before it', async () => {
    const run = start()
    await run.add(NAME, OLD)
    const { revision: _, ...app } = (await run.vault.app('aliexpress', 'default')) ?? { revision: 0 }
    if (!('header' in app)) throw new Error('the default app is there')
    await run.vault.saveApp({ ...app, header: { ...app.header, name: 'second' } }, null)
    expect(await login(run, { app: 'second' })).toMatchObject({ app: 'second' })
  })

  test('says in the journal what the next run needs, the code not in the clear', async () => {
    const run: ScriptedRun = start(async () => {
      const found = await left(run)
      if (found?.state !== 'readable') throw new Error('the journal says nothing')
      expect(found.undertaking).toMatchObject({
        purpose: 'consent',
        mayReplace: false,
        generation: 4,
        at: NOW,
        app: 'default',
        region: null,
        environment: 'production',
        consent: { seller: 'shop-1', replacesSeller: true },
      })
      expect(found.undertaking.token.reveal()).toBe('the-code')
      return given()
    })
    await run.add(NAME, OLD)
    await login(run, { seller: 'shop-1', replacesSeller: true })
    expect(sent(run)).toEqual(['send the-code'])
  })

  test('ends the time in which the account was dead', async () => {
    const run = start()
    const refused = { code: 'GRANT_REJECTED', at: ago(3) } as const
    await run.add(NAME, { ...OLD, acceptedAt: ago(9), refused })
    expect((await login(run)).gap).toEqual({ from: ago(9), to: NOW })
  })

  test('makes no gap for an account that was alive, and none for a new one', async () => {
    const run = start()
    await run.add(NAME, OLD)
    expect((await login(run)).gap).toBeNull()
    expect((await login(run, { account: { ...ALI, name: 'new' } })).gap).toBeNull()
  })
})

function failing(): AccountHeader['failing'] {
  return { code: 'NETWORK_FAILED', count: 9, since: ago(9), notBefore: NOW + DAY }
}

function NOTHING(): Partial<AccountSecrets> {
  return { refreshToken: null }
}

describe('a code that brings nothing', () => {
  const rows: readonly (readonly [ErrorCode, FailureClass, number])[] = [
    ['GRANT_REJECTED', 'permanent', 1],
    ['CLIENT_REJECTED', 'configuration', 1],
    ['CLOCK_WRONG', 'configuration', 1],
    ['NETWORK_FAILED', 'ambiguous', 1],
    ['MARKETPLACE_DOWN', 'ambiguous', 1],
    ['REPLY_MALFORMED', 'ambiguous', 1],
    ['NETWORK_FAILED', 'transient', 3],
    ['MARKETPLACE_DOWN', 'transient', 3],
    ['RATE_LIMITED', 'transient', 3],
  ]
  test.each(ROTATIONS.flatMap(rotation => rows.map(each => [rotation, ...each] as const)))(
    '%s, %s (%s): it is sent %d times at most, and the account is as it was',
    async (rotation, code, failure, times) => {
      const run = start(() => fault(code, failure, { requestId: 'r-8' }), rotation)
      await run.add(NAME, { ...OLD, seller: 'shop-1', pendingAt: ago(2) }, { pending: new Secret('paste') })
      const before = await run.stored(NAME)
      await expect(login(run)).rejects.toMatchObject({ code, failure })
      expect(sent(run)).toHaveLength(times)
      expect(await run.stored(NAME)).toEqual(before)
      expect(await left(run)).toBeUndefined()
      expect(run.log.filter(line => line.startsWith('save'))).toEqual([])
      expect(run.events).toEqual([
        { action: 'login', subject: NAME, outcome: 'failed', code, failure, requestId: 'r-8' },
      ])
      expect(run.held.now).toBe(0)
    },
  )

  test('makes no account', async () => {
    const run = start(() => fault('GRANT_REJECTED', 'permanent'))
    await run.addApp('aliexpress')
    await expect(login(run)).rejects.toMatchObject({ code: 'GRANT_REJECTED' })
    expect((await run.vault.listing()).accounts).toEqual([])
    expect(run.vault.warnings()).toEqual([])
    expect(await left(run)).toBeUndefined()
  })

  test.each(ROTATIONS)('%s: while it is on its way the account is as it was', async rotation => {
    const run: ScriptedRun = start(async () => {
      const { header } = await run.stored(NAME)
      expect([header.presentedAt, header.awaitsRecovery]).toEqual([null, false])
      expect((await run.vault.listing()).accounts).toEqual([{ ...header, isAppPublic: true }])
      return fault('NETWORK_FAILED', 'ambiguous')
    }, rotation)
    await run.add(NAME, OLD)
    await expect(login(run)).rejects.toMatchObject({ code: 'NETWORK_FAILED' })
  })

  test('is sent again where it was not spent, as late as the marketplace asks for', async () => {
    const answers = [
      fault('RATE_LIMITED', 'transient', { retryAfterMs: 7000 }),
      fault('NETWORK_FAILED', 'transient'),
      given(),
    ]
    const run = start(() => answers.shift() ?? new Error('asked once too often'))
    await run.add(NAME, OLD)
    expect(await login(run)).toMatchObject({ generation: 5 })
    expect(sent(run)).toHaveLength(3)
    expect(run.clock.slept).toEqual([7000, 0])
  })

  test('is not sent again once an answer is missing, not even where a refresh would be', async () => {
    const answers = [fault('RATE_LIMITED', 'transient'), fault('NETWORK_FAILED', 'ambiguous'), given()]
    const run = start(() => answers.shift() ?? new Error('asked once too often'), 'none')
    await run.add(NAME, OLD)
    await expect(login(run)).rejects.toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
    expect(sent(run)).toHaveLength(2)
  })

  test('by a fault of ours is left alone as well, and the fault is not hidden', async () => {
    const ours = new TypeError('ours')
    const run = start(() => Promise.reject(ours))
    await run.add(NAME, OLD)
    const before = await run.stored(NAME)
    await expect(login(run)).rejects.toBe(ours)
    expect(await run.stored(NAME)).toEqual(before)
    expect(await left(run)).toBeUndefined()
    expect(run.events).toEqual([])
  })

  test('without a refresh token in its answer changes nothing, and nothing waits for the next run', async () => {
    const run = start(() => issued({ accessExpiresAt: NOW + HOUR }))
    await run.add(NAME, OLD)
    const before = await run.stored(NAME)
    await expect(login(run)).rejects.toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
    expect(sent(run)).toHaveLength(1)
    expect(await run.stored(NAME)).toEqual(before)
    expect(await left(run)).toBeUndefined()
  })
})

describe('a code that brings nothing, for an account whose answer was lost', () => {
  const unconfirmed = { ...OLD, presentedAt: ago(1) }

  test.each<[string, Answer, Partial<Consented>]>([
    ['refused', () => fault('GRANT_REJECTED', 'permanent'), {}],
    ['lost', () => fault('NETWORK_FAILED', 'ambiguous'), {}],
    ['not sent', () => fault('NETWORK_FAILED', 'transient'), {}],
    ['of another seller', () => given('consented', { seller: 'shop-2' }), {}],
    ['of another seller by the redirect', () => given(), { seller: 'shop-2' }],
  ])('%s: it stays unconfirmed', async (_, answer, change) => {
    const run = start(answer)
    await run.add(NAME, { ...unconfirmed, seller: 'shop-1' })
    const before = await run.stored(NAME)
    expect(before.header.presentedAt).toBe(ago(1))
    await expect(login(run, change)).rejects.toBeInstanceOf(TokenctlError)
    expect(await run.stored(NAME)).toEqual(before)
    const mark = await left(run)
    expect(mark).toMatchObject({
      replies: [],
      undertaking: { purpose: 'refresh', at: ago(1), wasLost: true, mayReplace: true },
    })
    expect(mark?.state === 'readable' && mark.undertaking.token.reveal()).toBe('old-token')
  })

  test('it is unconfirmed while the code is on its way, and when the run is killed there', async () => {
    const killed = new Error('killed')
    const run = start()
    await run.add(NAME, unconfirmed)
    const before = await run.stored(NAME)
    const journal = await run.vault.journal()
    const present = journal.present.bind(journal)
    const http = {
      send: async () => {
        expect(await left(run)).toMatchObject({ undertaking: { purpose: 'consent', wasLost: true } })
        journal.present = () => Promise.reject(killed)
        expect(await run.stored(NAME)).toEqual(before)
        throw killed
      },
    }
    await expect(login(run, {}, { http })).rejects.toBe(killed)
    journal.present = present
    expect(await run.stored(NAME)).toEqual(before)
  })

  test('and the refusal of the old token is a lost answer still', async () => {
    const run = start(() => fault('GRANT_REJECTED', 'permanent'))
    const header = await run.add(NAME, unconfirmed)
    await expect(login(run)).rejects.toMatchObject({ code: 'GRANT_REJECTED' })
    const result = await renewOne(ALI, header, 'named', run.ports)
    expect(result.error?.code).toBe('ANSWER_LOST')
  })

  test('a pasted token that waits with its answer lost waits on so', async () => {
    const run = start(() => fault('GRANT_REJECTED', 'permanent'))
    const pending = new Secret('paste')
    const header = await run.add(NAME, { ...OLD, pendingAt: ago(2) }, { pending })
    const open = await (await run.vault.journal()).present({
      account: NAME,
      purpose: 'pending',
      mayReplace: true,
      generation: header.generation,
      at: ago(1),
      wasLost: true,
      token: pending,
      app: 'default',
      region: null,
      environment: 'production',
    })
    open.close()
    await expect(login(run)).rejects.toMatchObject({ code: 'GRANT_REJECTED' })
    const mark = await left(run)
    expect(mark).toMatchObject({ undertaking: { purpose: 'pending', at: ago(1), wasLost: true } })
    expect(mark?.state === 'readable' && mark.undertaking.token.reveal()).toBe('paste')
  })
})

describe('an answer that breaks off', () => {
  const whole = answerText({
    access_token: 'new-access',
    refresh_token: 'consented',
    seller: 'shop-1',
    request_id: 'r-1',
  })
  const cut = (length: number): HttpResponse => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: whole.slice(0, length),
    cut: new TokenctlError('NETWORK_FAILED', 'It broke off.', { failure: 'ambiguous' }),
  })
  /** Behind the closing quote. */
  const isHere = (text: string) => whole.indexOf(text) + text.length + 1

  test('at any byte: the new token is stored where it came whole, else the account is as it was', async () => {
    const outcomes = new Set<string>()
    for (let length = 0; length <= whole.length; length += 1) {
      const run = scriptedRun({
        answer: () => given(),
        adapter: { rotation: 'strict', login: async () => fakeLogin(readAnswerText) },
      })
      await run.add(NAME, OLD)
      const before = await run.stored(NAME)
      const http = { send: async () => cut(length) }
      const result = await login(run, {}, { http }).catch((error: TokenctlError) => error.code)
      if (length < isHere('consented')) {
        expect([length, result]).toEqual([length, 'NETWORK_FAILED'])
        expect(await run.stored(NAME)).toEqual(before)
      } else {
        const seller = length < isHere('shop-1') ? null : 'shop-1'
        expect(result, `cut at ${length}`).toMatchObject({ generation: 5, consentAt: NOW, seller })
        expect(await tokens(run)).toEqual(['consented', 'old-token', undefined])
      }
      expect(await left(run)).toBeUndefined()
      outcomes.add(typeof result === 'string' ? result : `stored of ${result.seller}`)
    }
    expect([...outcomes]).toEqual(['NETWORK_FAILED', 'stored of null', 'stored of shop-1'])
  })

  test('before it says whose it is, is not taken for the known seller’s', async () => {
    const run = scriptedRun({
      answer: () => given(),
      adapter: { login: async () => fakeLogin(readAnswerText) },
    })
    await run.add(NAME, { ...OLD, seller: 'shop-1' })
    const before = await run.stored(NAME)
    for (let length = isHere('consented'); length < isHere('shop-1'); length += 1) {
      const http = { send: async () => cut(length) }
      await expect(login(run, {}, { http })).rejects.toMatchObject({ code: 'SELLER_MISMATCH' })
    }
    expect(await run.stored(NAME)).toEqual(before)
  })
})

describe('a store that fails after the exchange', () => {
  test('once: it is tried again', async () => {
    const run = start()
    await run.add(NAME, OLD)
    run.vault.failures.push(full())
    expect(await login(run)).toMatchObject({ generation: 5 })
    expect(sent(run)).toHaveLength(1)
    expect(await left(run)).toBeUndefined()
  })

  test.each([
    ['an account', true],
    ['an account that is new', false],
  ])('always: the answer of %s waits in the journal, and the next run stores it', async (_, isThere) => {
    const run = start()
    if (isThere) await run.add(NAME, OLD)
    else await run.addApp('aliexpress')
    run.vault.failures.push(full(), full(), full())
    await expect(login(run, { seller: 'shop-1' })).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('its answer is safe in the journal'),
    })
    expect(await left(run)).toMatchObject({ undertaking: { purpose: 'consent' }, replies: [{}] })
    expect(run.events.at(-1)).toMatchObject({ action: 'login', outcome: 'failed', code: 'WRITE_FAILED' })
    const [listed] = (await run.vault.listing()).accounts
    expect(listed?.awaitsRecovery).toBe(isThere ? true : undefined)
    expect(run.vault.warnings()).toEqual(
      isThere ? [] : [`A consent for ${NAME} waits to be stored: run \`tokenctl login ${NAME}\` again.`],
    )
    run.log.length = 0
    await expect(login(run, { code: new Secret('of another'), seller: 'shop-2' })).rejects.toMatchObject({
      code: 'SELLER_MISMATCH',
    })
    expect(sent(run)).toEqual([])
    expect((await run.stored(NAME)).header).toMatchObject({ seller: 'shop-1', generation: isThere ? 5 : 1 })
    expect(await tokens(run)).toEqual(['consented', isThere ? 'old-token' : undefined, undefined])
    expect(await left(run)).toBeUndefined()
  })

  test('and a journal that could not take it either: it is held on to, and given up in true words', async () => {
    const run = start(() => {
      run.journalFailures.push(...Array.from({ length: 9 }, full))
      return given()
    })
    await run.add(NAME, OLD)
    run.vault.failures.push(...Array.from({ length: 6 }, full))
    await expect(login(run)).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('its answer could not be stored'),
    })
    expect(run.clock.slept.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(50_000)
  })

  test('only in removing the journal: it is stored, and the next run says nothing of it', async () => {
    const run = start()
    await run.add(NAME, OLD)
    const journal = await run.vault.journal()
    const clear = journal.clear.bind(journal)
    journal.clear = () => Promise.reject(full())
    expect(await login(run)).toMatchObject({ generation: 5, awaitsRecovery: false })
    journal.clear = clear
    expect(await left(run)).toMatchObject({ replies: [{}] })
    const { header } = await run.stored(NAME)
    expect(await renewOne(ALI, header, 'named', run.ports)).toMatchObject({ outcome: 'renewed' })
    expect(run.told).toEqual([])
    expect(await left(run)).toBeUndefined()
  })
})

describe('nothing is sent, and the code is as good as before', () => {
  const untouched = async (run: ScriptedRun) => {
    expect(sent(run)).toEqual([])
    expect(await left(run)).toBeUndefined()
    expect(run.held.now).toBe(0)
  }

  test('without app keys', async () => {
    const run = start()
    await expect(login(run)).rejects.toMatchObject({ code: 'CLIENT_REJECTED' })
    await untouched(run)
  })

  test('with those of another environment', async () => {
    const run = start()
    await run.addApp('aliexpress', 'local')
    await expect(login(run)).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
    await untouched(run)
  })

  test('where the account is of another environment', async () => {
    const run = start()
    await run.addApp('aliexpress')
    await run.add(NAME, { ...OLD, environment: 'local' })
    await expect(login(run)).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
    expect((await run.stored(NAME)).header.environment).toBe('local')
    await untouched(run)
  })

  test('but one that holds no token yet belongs nowhere', async () => {
    const run = start()
    await run.add(NAME, { ...OLD, environment: 'local', holdsToken: false }, NOTHING())
    expect(await login(run)).toMatchObject({ environment: 'production', holdsToken: true })
  })

  test('where the store cannot be written', async () => {
    const run = start()
    await run.add(NAME, OLD)
    run.vault.prove = () => Promise.reject(full())
    await expect(login(run)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    await untouched(run)
  })

  test('where the journal cannot', async () => {
    const run = start()
    await run.add(NAME, OLD)
    run.journalFailures.push(full())
    await expect(login(run)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    await untouched(run)
  })

  test('where the lock is held', async () => {
    const run = start()
    await run.add(NAME, OLD)
    const held = new TokenctlError('LOCK_HELD', 'Another run is here.')
    const locks = { hold: () => Promise.reject(held) }
    await expect(login(run, {}, { locks })).rejects.toBe(held)
    await untouched(run)
  })
})

describe('a second consent while the answer to the first waits in the journal', () => {
  /** A run whose first consent was exchanged and then not stored. */
  async function waiting(): Promise<ScriptedRun> {
    const run = start(code => given(`for ${code}`))
    await run.add(NAME, OLD)
    run.vault.failures.push(full(), full(), full())
    await expect(login(run, { code: new Secret('first') })).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    run.log.length = 0
    run.events.length = 0
    return run
  }

  test('the first is stored, and the second takes its place', async () => {
    const run = await waiting()
    expect(await login(run, { code: new Secret('second') })).toMatchObject({ generation: 6 })
    expect(sent(run)).toEqual(['send second'])
    expect(await tokens(run)).toEqual(['for second', 'for first', undefined])
    expect(run.events.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['recover', 'renewed'],
      ['login', 'stored'],
    ])
  })

  test('the first stays stored where the second is refused', async () => {
    const run = await waiting()
    const http = { send: () => Promise.reject(fault('GRANT_REJECTED', 'permanent')) }
    await expect(login(run, {}, { http })).rejects.toMatchObject({ code: 'GRANT_REJECTED' })
    expect(await tokens(run)).toEqual(['for first', 'old-token', undefined])
    expect(await left(run)).toBeUndefined()
  })

  test('the second is not spent while nobody tells whose the first was', async () => {
    const run = await waiting()
    const identify = () => Promise.reject(fault('MARKETPLACE_DOWN', 'transient'))
    await expect(login(run, { code: new Secret('second') }, { identify })).rejects.toMatchObject({
      code: 'MARKETPLACE_DOWN',
    })
    expect(sent(run)).toEqual([])
    expect(await left(run)).toMatchObject({ undertaking: { purpose: 'consent' }, replies: [{}] })
  })
})

describe('app keys of two generations', () => {
  const keys = ['new', 'old'].map(secret => ({ clientSecret: new Secret(secret) }))
  const wrongKeys = () => fault('CLIENT_REJECTED', 'configuration')

  /** Presents a code with both, to a marketplace that takes these. */
  async function present(takes: readonly string[], refusal: () => Error = wrongKeys) {
    const run = start((code, { headers }) => {
      const secret = headers['client-secret'] ?? ''
      run.log.push(`with ${secret}`)
      return takes.includes(secret) ? given(`for ${code}`) : refusal()
    })
    const header = await run.add(NAME, OLD)
    const presentation = await Presentation.begin(
      {
        account: ALI,
        header,
        purpose: 'consent',
        token: new Secret('the-code'),
        keys,
        adapter: run.ports.adapterOf('aliexpress'),
        now: NOW,
        lostAt: null,
        consent: { seller: null, replacesSeller: false },
      },
      run.ports,
    )
    const result = await presentation.send().then(
      ({ refreshToken }) => refreshToken?.reveal(),
      (error: unknown) => error,
    )
    presentation.close()
    return { run, result, tried: run.log.filter(line => line.startsWith('with')) }
  }

  test.each([
    [['new', 'old'], ['with new']],
    [['old'], ['with new', 'with old']],
  ])('where it takes %j: the newest that it takes', async (takes, expected) => {
    const { result, tried } = await present(takes)
    expect(tried).toEqual(expected)
    expect(result).toBe('for the-code')
  })

  test('where it takes none, what the newest were told counts', async () => {
    const { result, tried } = await present([])
    expect(tried).toEqual(['with new', 'with old'])
    expect(result).toMatchObject({ code: 'CLIENT_REJECTED' })
  })

  test.each<[ErrorCode, FailureClass]>([
    ['GRANT_REJECTED', 'permanent'],
    ['NETWORK_FAILED', 'ambiguous'],
  ])('%s is not about the keys: the others are not tried', async (code, failure) => {
    const { result, tried } = await present([], () => fault(code, failure))
    expect(tried).toEqual(['with new'])
    expect(result).toMatchObject({ code })
  })

  test('the answer to the older ones is stored by the run that finds it', async () => {
    const { run } = await present(['old'])
    expect(await left(run)).toMatchObject({ replies: [{}] })
    const { header } = await run.stored(NAME)
    expect(header.awaitsRecovery).toBe(true)
    expect(await renewOne(ALI, header, 'named', run.ports)).toMatchObject({ outcome: 'renewed' })
    expect(await tokens(run)).toEqual(['for the-code', 'old-token', undefined])
  })
})

describe('the answer to a link', () => {
  /** A link that says what was done with it. */
  function link(isThere = true) {
    const done: string[] = []
    return {
      done,
      link: {
        take: async () => {
          done.push('taken')
          return isThere
        },
        putBack: async () => {
          done.push('put back')
        },
      },
    }
  }

  test('is taken under the lock, before the code is presented', async () => {
    const run = start()
    await run.add(NAME, OLD)
    const { done, link: given } = link()
    const take = async () => {
      expect(run.held.now).toBe(1)
      expect(sent(run)).toEqual([])
      return await given.take()
    }
    await login(run, { link: { ...given, take } })
    expect(done).toEqual(['taken'])
  })

  test('that another run has taken is not exchanged', async () => {
    const run = start()
    await run.add(NAME, OLD)
    const before = await run.stored(NAME)
    await expect(login(run, { link: link(false).link })).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('--link'),
    })
    expect(sent(run)).toEqual([])
    expect(await run.stored(NAME)).toEqual(before)
  })

  test.each<[string, TokenctlError, readonly string[]]>([
    ['could not be sent', fault('NETWORK_FAILED', 'transient'), ['taken', 'put back']],
    ['came when the marketplace was busy', fault('RATE_LIMITED', 'transient'), ['taken', 'put back']],
    ['came with wrong keys', fault('CLIENT_REJECTED', 'configuration'), ['taken', 'put back']],
    ['was refused', fault('GRANT_REJECTED', 'permanent'), ['taken']],
    ['may have been used', fault('NETWORK_FAILED', 'ambiguous'), ['taken']],
  ])('is good again only where the code was not used: it %s', async (_, error, expected) => {
    const run = start(() => error)
    await run.add(NAME, OLD)
    const { done, link: given } = link()
    await expect(login(run, { link: given })).rejects.toMatchObject({ code: error.code })
    expect(done).toEqual(expected)
  })

  test('is put back where the disk is full', async () => {
    const run = start()
    await run.add(NAME, OLD)
    const { done, link: given } = link()
    run.journalFailures.push(full())
    await expect(login(run, { link: given })).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(done).toEqual(['taken', 'put back'])
  })
})
