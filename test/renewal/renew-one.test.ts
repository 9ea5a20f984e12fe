import { describe, expect, test } from 'vitest'
import { type ErrorCode, type FailureClass, TokenctlError } from '../../src/errors.ts'
import type { RenewMode } from '../../src/renewal/plan.ts'
import type { Outcome } from '../../src/renewal/ports.ts'
import { renewOne } from '../../src/renewal/renew-one.ts'
import { parseAccount } from '../../src/tokens/account.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import { type AccountHeader, newHeader } from '../../src/tokens/token-set.ts'
import { at, issued } from '../support/accounts.ts'
import { fakeClock } from '../support/clock.ts'
import { type Answer, type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY
const yes = issued({ accessExpiresAt: NOW + HOUR })
const rotated = { ...yes, refreshToken: new Secret('new-token') }
const fault = (code: ErrorCode, failure: FailureClass, retryAfterMs?: number) =>
  new TokenctlError(code, `It is ${code}.`, {
    failure,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
const refusal = fault('GRANT_REJECTED', 'permanent')
const unreachable = fault('NETWORK_FAILED', 'transient')
const lostAnswer = fault('NETWORK_FAILED', 'ambiguous')

const DUE = { consentAt: ago(100), renewedAt: ago(93) }

/** One answer after the other; the last one stays. */
function inTurn(...answers: readonly (ReturnType<Answer> & object)[]): Answer {
  const left = [...answers]
  return () => (left.length > 1 ? left.shift() : left[0]) ?? new Error('no answer is left')
}

async function renew(run: ScriptedRun, seen: AccountHeader, mode: RenewMode = 'named') {
  const { marketplace, name } = parseAccount(seen.account)
  return renewOne({ marketplace, name: name ?? '' }, seen, mode, run.ports)
}

describe('the order of what is done', () => {
  test('lock, read, mark, send, keep, save, clear', async () => {
    const run = scriptedRun({ answer: () => yes })
    await renew(run, await run.add('ebay:main', DUE))
    expect(run.log).toEqual([
      'lock ebay:main',
      'read ebay:main',
      'keys ebay:default',
      'mark ebay:main',
      'send old-token',
      'keep ebay:main',
      'save ebay:main renewed',
      'clear ebay:main',
      'unlock ebay:main',
    ])
  })

  test.each(['grace', 'strict', 'unknown'] as const)(
    'with rotation %s the token is marked before it is sent',
    async rotation => {
      const run = scriptedRun({ answer: () => rotated, adapter: { rotation } })
      await renew(run, await run.add('aliexpress:main', DUE))
      expect(run.log).toEqual([
        'lock aliexpress:main',
        'read aliexpress:main',
        'keys aliexpress:default',
        'mark aliexpress:main',
        'send old-token',
        'keep aliexpress:main',
        'save aliexpress:main renewed',
        'clear aliexpress:main',
        'unlock aliexpress:main',
      ])
      expect((await run.stored('aliexpress:main')).header.presentedAt).toBeNull()
    },
  )

  test('the mark is in the store while the answer is awaited', async () => {
    const run: ScriptedRun = scriptedRun({
      answer: async () => {
        const { header, secrets } = await run.stored('aliexpress:main')
        expect(header.presentedAt).toBe(NOW)
        expect(secrets.refreshToken?.reveal()).toBe('old-token')
        return rotated
      },
    })
    const result = await renew(run, await run.add('aliexpress:main', DUE))
    expect(result.error).toBeNull()
    expect(result.outcome).toBe('renewed')
  })

  test('a store that takes no mark gets nothing sent', async () => {
    const run = scriptedRun({ answer: () => rotated })
    const seen = await run.add('aliexpress:main', DUE)
    run.journalFailures.push(new TokenctlError('WRITE_FAILED', 'The disk is full.'))
    const result = await renew(run, seen)
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'WRITE_FAILED' } })
    expect(run.log.some(line => line.startsWith('send'))).toBe(false)
  })

  test('the lock is let go whatever happens', async () => {
    const run = scriptedRun({ answer: () => new Error('a fault') })
    await renew(run, await run.add('ebay:main', DUE))
    expect(run.held.now).toBe(0)
  })

  test('one `now`, read under the lock (I3)', async () => {
    const clock = fakeClock(NOW)
    const run = scriptedRun({ answer: () => yes, clock })
    const seen = await run.add('ebay:main', DUE)
    const locks = {
      hold: async <T>(name: string, work: () => Promise<T>) => {
        clock.advance(20_000)
        return run.ports.locks.hold(name, work)
      },
    }
    const result = await renewOne({ marketplace: 'ebay', name: 'main' }, seen, 'named', {
      ...run.ports,
      locks,
    })
    expect(result.header).toMatchObject({ renewedAt: NOW + 20_000, acceptedAt: NOW + 20_000 })
  })

  test('the request goes where the environment says', async () => {
    const urls: string[] = []
    const run = scriptedRun({
      answer: (_, request) => {
        urls.push(request.url)
        return yes
      },
    })
    await renew(run, await run.add('ebay:main', DUE))
    expect(urls).toEqual(['https://ebay.test/token'])
  })
})

describe('what the vendor accepts', () => {
  test('eBay: renewed; the clock moves, the token stays', async () => {
    const run = scriptedRun({ answer: () => yes })
    const result = await renew(run, await run.add('ebay:main', { ...DUE, generation: 4 }))
    expect(result).toMatchObject({ outcome: 'renewed', error: null, assessment: { state: 'ok' } })
    const { header, secrets } = await run.stored('ebay:main')
    expect(header).toEqual(result.header)
    expect(header).toMatchObject({
      renewedAt: NOW,
      acceptedAt: NOW,
      generation: 5,
      consentAt: DUE.consentAt,
      endsAt: null,
    })
    expect(secrets.refreshToken?.reveal()).toBe('old-token')
    expect(secrets.accessToken?.reveal()).toBe('access-token')
  })

  test('Amazon: proved; no clock moves', async () => {
    const run = scriptedRun({ answer: () => ({ ...yes, refreshToken: new Secret('old-token') }) })
    const result = await renew(run, await run.add('amazon:main', DUE))
    expect(result).toMatchObject({
      outcome: 'proved',
      error: null,
      assessment: { state: 'due', mender: 'person' },
    })
    expect(result.header).toMatchObject({
      renewedAt: DUE.renewedAt,
      consentAt: DUE.consentAt,
      acceptedAt: NOW,
    })
  })

  test('AliExpress: renewed; the new token replaces the old, which is kept as previous, and the true end is stored', async () => {
    const endsAt = NOW + 40 * DAY
    const run = scriptedRun({ answer: () => ({ ...rotated, endsAt }) })
    const result = await renew(run, await run.add('aliexpress:main', { consentAt: ago(20) }))
    expect(result).toMatchObject({
      outcome: 'renewed',
      assessment: { state: 'ok', ends: { at: endsAt, basis: 'reported' } },
    })
    const { secrets } = await run.stored('aliexpress:main')
    expect(secrets.refreshToken?.reveal()).toBe('new-token')
    expect(secrets.previous?.refreshToken.reveal()).toBe('old-token')
  })

  test('a refusal that was remembered is forgotten', async () => {
    const run = scriptedRun({ answer: () => yes })
    const seen = await run.add('ebay:main', { ...DUE, refused: { code: 'GRANT_REJECTED', at: ago(1) } })
    expect(await renew(run, seen)).toMatchObject({
      outcome: 'renewed',
      header: { refused: null },
      assessment: { state: 'ok' },
    })
  })

  test.each<[string, string, Partial<AccountHeader>, Outcome, Outcome]>([
    ['eBay, due', 'ebay:main', DUE, 'renewed', 'renewed'],
    [
      'eBay, the consent ends soon',
      'ebay:main',
      { consentAt: ago(340), renewedAt: ago(100) },
      'renewed',
      'needs-person',
    ],
    ['eBay, past its estimated end', 'ebay:main', { consentAt: ago(400) }, 'renewed', 'needs-person'],
    ['Amazon, due', 'amazon:main', DUE, 'proved', 'needs-person'],
    ['Amazon, no date known', 'amazon:main', {}, 'proved', 'needs-person'],
  ])('%s: named and with --due', async (_, account, given, named, due) => {
    for (const [mode, outcome] of [
      ['named', named],
      ['due', due],
    ] as const) {
      const run = scriptedRun({ answer: () => yes })
      const result = await renew(run, await run.add(account, given), mode)
      expect(result).toMatchObject({ outcome, error: null, header: { acceptedAt: NOW } })
    }
  })

  test('an account that outlived its estimate is shown as such', async () => {
    const run = scriptedRun({ answer: () => yes })
    const result = await renew(run, await run.add('ebay:main', { consentAt: ago(400) }))
    expect(result.assessment).toMatchObject({ state: 'expiring', why: 'past-estimate' })
  })
})

describe('what another run did between our first reading and our lock', () => {
  test.each(['named', 'due'] as const)('renewed it (%s): fresh, and nobody is asked', async mode => {
    const run = scriptedRun({ answer: () => yes })
    const seen = await run.add('ebay:main', { ...DUE, generation: 5, renewedAt: NOW })
    const result = await renew(run, { ...seen, ...DUE, generation: 4 }, mode)
    expect(result).toMatchObject({
      outcome: 'fresh',
      error: null,
      header: { generation: 5 },
      assessment: { state: 'ok' },
    })
    expect(run.log).toEqual(['lock ebay:main', 'read ebay:main', 'unlock ebay:main'])
  })

  test('renewed it, and another was refused since: asked again where it was named', async () => {
    const run = scriptedRun({ answer: () => yes })
    const seen = await run.add('ebay:main', {
      ...DUE,
      generation: 5,
      refused: { code: 'GRANT_REJECTED', at: NOW },
    })
    expect(await renew(run, { ...seen, generation: 4 })).toMatchObject({ outcome: 'renewed' })
  })

  test('was refused: with --due nobody asks again', async () => {
    const run = scriptedRun({ answer: () => yes })
    const stored = await run.add('ebay:main', {
      ...DUE,
      refused: { code: 'GRANT_REJECTED', at: NOW },
      lastAttempt: { at: NOW, outcome: 'failed', code: 'GRANT_REJECTED' },
    })
    const result = await renew(run, { ...stored, refused: null, lastAttempt: null }, 'due')
    expect(result).toMatchObject({ outcome: 'needs-person', assessment: { state: 'rejected' } })
    expect(run.log.some(line => line.startsWith('send'))).toBe(false)
  })

  test('lost the answer: with --due the token is not presented again while the access token works', async () => {
    const run = scriptedRun({ answer: () => rotated })
    const stored = await run.add('aliexpress:main', { ...DUE, presentedAt: NOW, accessExpiresAt: NOW + DAY })
    const result = await renew(run, { ...stored, presentedAt: null }, 'due')
    expect(result).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'NETWORK_FAILED',
        exit: 4,
        account: 'aliexpress:main',
        message: expect.stringContaining('the answer to its last renewal was lost'),
        fix: expect.stringContaining('`tokenctl renew aliexpress:main` asks now'),
      },
      assessment: { state: 'unconfirmed' },
    })
    expect(run.log.some(line => line.startsWith('send'))).toBe(false)
  })

  test('failed again and again: with --due it is left alone until then, and asked where it was named', async () => {
    const run = scriptedRun({ answer: () => yes })
    const failing = { code: 'RATE_LIMITED', count: 1, since: NOW - HOUR, notBefore: NOW + HOUR }
    const stored = await run.add('ebay:main', { ...DUE, failing })
    const result = await renew(run, { ...stored, failing: null }, 'due')
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { code: 'RATE_LIMITED', message: expect.stringContaining('Not asked now') },
      header: { account: 'ebay:main', failing },
      assessment: { state: 'due' },
      waitsUntil: NOW + HOUR,
    })
    expect(run.log.some(line => line.startsWith('send'))).toBe(false)
    expect(await renew(run, stored)).toMatchObject({ outcome: 'renewed' })
  })

  test('was told of a newer consent: with --due it is fresh', async () => {
    const run = scriptedRun({ answer: () => yes })
    const stored = await run.add('amazon:main', { consentAt: ago(1), renewedAt: ago(1) })
    expect(await renew(run, { ...stored, ...DUE }, 'due')).toMatchObject({
      outcome: 'fresh',
      assessment: { state: 'ok' },
    })
  })

  test('removed it', async () => {
    const run = scriptedRun({ answer: () => yes })
    const seen = newHeader({
      account: 'ebay:main',
      app: 'default',
      environment: 'production',
      holdsToken: true,
    })
    const result = await renew(run, seen)
    expect(result).toMatchObject({
      outcome: 'failed',
      header: null,
      assessment: null,
      error: {
        code: 'ACCOUNT_UNKNOWN',
        account: 'ebay:main',
        message: 'ebay:main was removed meanwhile.',
      },
    })
  })

  test('holds the lock', async () => {
    const run = scriptedRun({ answer: () => yes })
    const seen = await run.add('ebay:main', DUE)
    const locks = { hold: () => Promise.reject(new TokenctlError('LOCK_HELD', 'Another run is at it.')) }
    const result = await renewOne({ marketplace: 'ebay', name: 'main' }, seen, 'named', {
      ...run.ports,
      locks,
    })
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'LOCK_HELD' }, header: null })
  })

  test('stored something while we were sending: our stale revision is refused, theirs stays', async () => {
    const run: ScriptedRun = scriptedRun({
      answer: async () => {
        const { revision, ...now } = await run.stored('ebay:main')
        await run.ports.vault.saveAccount({ ...now, header: { ...now.header, seller: 'theirs' } }, revision)
        return yes
      },
    })
    const result = await renew(run, await run.add('ebay:main', DUE))
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'LOCK_HELD' } })
    expect((await run.stored('ebay:main')).header).toMatchObject({ seller: 'theirs', generation: 0 })
  })
})

describe('an account that is only followed by its dates', () => {
  test('needs a person, and takes no lock', async () => {
    const run = scriptedRun({ answer: () => yes })
    const seen = await run.add('ebay:main', { ...DUE, holdsToken: false, app: null }, { refreshToken: null })
    expect(await renew(run, seen)).toMatchObject({
      outcome: 'needs-person',
      error: null,
      assessment: { state: 'due' },
    })
    expect(run.log).toEqual([])
  })
})

const full = (times: number) =>
  Array.from({ length: times }, () => new TokenctlError('WRITE_FAILED', 'The disk is full.'))

describe('failures', () => {
  const rows: readonly (readonly [ErrorCode, FailureClass, Partial<AccountHeader>])[] = [
    ['GRANT_REJECTED', 'permanent', { refused: { code: 'GRANT_REJECTED', at: NOW } }],
    ['CLIENT_REJECTED', 'configuration', { refused: null }],
    ['CLOCK_WRONG', 'configuration', { refused: null }],
    ['RATE_LIMITED', 'transient', { refused: null }],
    ['NETWORK_FAILED', 'transient', { refused: null }],
    ['MARKETPLACE_DOWN', 'ambiguous', { refused: null }],
    ['REPLY_MALFORMED', 'ambiguous', { refused: null }],
    ['BUG', 'configuration', { refused: null }],
  ]

  test.each(rows)('%s (%s) is written down, and the token stays as it is', async (code, failure, after) => {
    for (const account of ['ebay:main', 'amazon:main', 'aliexpress:main']) {
      const run = scriptedRun({ answer: () => fault(code, failure) })
      const seen = await run.add(account, { ...DUE, generation: 2 })
      const before = await run.stored(account)
      const result = await renew(run, seen)
      expect(result).toMatchObject({ outcome: 'failed', error: { code } })
      const { header, secrets } = await run.stored(account)
      expect(header).toEqual(result.header)
      expect(header).toMatchObject({ ...after, generation: 2, renewedAt: DUE.renewedAt, acceptedAt: null })
      expect(header.lastAttempt).toEqual({ at: NOW, outcome: 'failed', code })
      expect(secrets).toEqual(before.secrets)
    }
  })

  test('a refusal makes the account rejected', async () => {
    const run = scriptedRun({ answer: () => refusal })
    const result = await renew(run, await run.add('ebay:main', DUE))
    expect(result.assessment).toMatchObject({ state: 'rejected', why: 'refused', mender: 'person' })
  })

  test('a store that takes no note is the graver failure', async () => {
    const run = scriptedRun({ answer: () => refusal })
    const seen = await run.add('ebay:main', DUE)
    run.vault.failures.push(new TokenctlError('WRITE_FAILED', 'The disk is full.'))
    expect(await renew(run, seen)).toMatchObject({
      outcome: 'failed',
      error: { code: 'WRITE_FAILED', exit: 5 },
      header: { presentedAt: null, awaitsRecovery: false },
    })
  })

  test('what is our own fault is a BUG, without the words of what was thrown', async () => {
    const run = scriptedRun({ answer: () => new SyntaxError('Unexpected token, "Atzr|CANARY" is not JSON') })
    const result = await renew(run, await run.add('ebay:main', DUE))
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { code: 'BUG', exit: 1, message: expect.stringContaining('SyntaxError') },
    })
    expect(result.error?.message).not.toContain('CANARY')
    expect(result.error?.cause).toBeInstanceOf(SyntaxError)
    expect((await run.stored('ebay:main')).header.lastAttempt).toBeNull()
  })

  test('a record that says it holds a token and holds none', async () => {
    const run = scriptedRun({ answer: () => yes })
    const seen = await run.add('ebay:main', DUE, { refreshToken: null })
    expect(await renew(run, seen)).toMatchObject({
      outcome: 'failed',
      error: { code: 'RECORD_UNREADABLE', message: 'ebay:main holds no token.' },
    })
  })

  test('a token that was issued and could not be stored: the mark stays, and the failure is said', async () => {
    const run: ScriptedRun = scriptedRun({
      answer: () => {
        run.vault.failures.push(...full(3))
        return rotated
      },
    })
    const result = await renew(run, await run.add('aliexpress:main', DUE))
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { code: 'WRITE_FAILED' },
      assessment: { state: 'unconfirmed' },
    })
    expect(result.error?.message).toContain('its answer is safe in the journal')
    expect((await run.stored('aliexpress:main')).header).toMatchObject({
      presentedAt: NOW,
      awaitsRecovery: true,
    })
  })

  test('so does the journal of a token that stays, and the marketplace is not blamed for the store', async () => {
    const run: ScriptedRun = scriptedRun({
      answer: () => {
        run.vault.failures.push(...full(3))
        return yes
      },
    })
    const result = await renew(run, await run.add('ebay:main', DUE))
    expect(result).toMatchObject({
      error: { code: 'WRITE_FAILED' },
      header: { presentedAt: NOW, awaitsRecovery: true, lastAttempt: null },
    })
    expect((await run.stored('ebay:main')).header).toMatchObject({ lastAttempt: null, awaitsRecovery: true })
    expect(await (await run.vault.journal()).read('ebay:main')).toMatchObject({ replies: [{ isCut: false }] })
  })

  test.each([1, 2])('a store that fails %i times does not lose what was issued', async times => {
    const run: ScriptedRun = scriptedRun({
      answer: () => {
        run.vault.failures.push(...full(times))
        return rotated
      },
    })
    const result = await renew(run, await run.add('aliexpress:main', DUE))
    expect(result).toMatchObject({ outcome: 'renewed', error: null })
    const { header, secrets } = await run.stored('aliexpress:main')
    expect(header.presentedAt).toBeNull()
    expect(secrets.previous?.refreshToken.reveal()).not.toBe(secrets.refreshToken?.reveal())
  })
})

describe('what the history is told', () => {
  const event = { action: 'renew', subject: 'ebay:main', code: null, failure: null, requestId: null }

  test('of a renewal: the vendor’s id of the exchange', async () => {
    const run = scriptedRun({ answer: () => ({ ...yes, requestId: 'r-1' }) })
    await renew(run, await run.add('ebay:main', DUE))
    expect(run.events).toEqual([{ ...event, outcome: 'renewed', requestId: 'r-1' }])
  })

  test('of one without an id, and of one that was not needed', async () => {
    const run = scriptedRun({ answer: () => yes })
    const seen = await run.add('ebay:main', DUE)
    await renew(run, seen)
    await renew(run, seen)
    expect(run.events).toEqual([
      { ...event, outcome: 'renewed' },
      { ...event, outcome: 'fresh' },
    ])
  })

  test('of a failure: its code, what it says of the token, and the vendor’s id', async () => {
    const refused = new TokenctlError('GRANT_REJECTED', 'No.', { failure: 'permanent', requestId: 'r-2' })
    const run = scriptedRun({ answer: () => refused })
    await renew(run, await run.add('ebay:main', DUE))
    expect(run.events).toEqual([
      { ...event, outcome: 'failed', code: 'GRANT_REJECTED', failure: 'permanent', requestId: 'r-2' },
    ])
  })

  test('of a store that fails after an answer: the store’s code, and nothing of the token', async () => {
    const run: ScriptedRun = scriptedRun({
      answer: () => {
        run.vault.failures.push(...full(3))
        return { ...yes, requestId: 'r-3' }
      },
    })
    await renew(run, await run.add('ebay:main', DUE))
    expect(run.events).toEqual([{ ...event, outcome: 'failed', code: 'WRITE_FAILED' }])
  })
})

describe('what holds a journal open', () => {
  /** Counts the journals of a run that are still open. */
  async function counted(run: ScriptedRun): Promise<() => number> {
    const journal = await run.vault.journal()
    const present = journal.present.bind(journal)
    const open = new Set<object>()
    journal.present = async undertaking => {
      const opened = await present(undertaking)
      const close = () => {
        open.delete(opened)
        opened.close()
      }
      open.add(opened)
      return { keep: reply => opened.keep(reply), keepLoss: () => opened.keepLoss(), close }
    }
    return () => open.size
  }

  test.each<[string, Error | typeof yes]>([
    ['accepted', rotated],
    ['refused', refusal],
    ['lost', lostAnswer],
    ['a fault of ours', new TypeError('ours')],
  ])('lets it go whatever comes (%s)', async (_, answer) => {
    for (const secrets of [{}, { pending: new Secret('pasted-token') }]) {
      const run = scriptedRun({ answer: () => answer, adapter: { rotation: 'strict' } })
      const stillOpen = await counted(run)
      await renew(run, await run.add('aliexpress:main', { ...DUE, pendingAt: ago(2) }, secrets))
      expect(stillOpen()).toBe(0)
    }
  })
})

describe('the mark of a token that rotates', () => {
  const EARLIER = ago(2)
  const open: Partial<AccountHeader> = { ...DUE, presentedAt: EARLIER }

  test.each<[string, Partial<AccountHeader>, Answer, ErrorCode, number | null]>([
    ['never sent: the mark is taken back', DUE, () => unreachable, 'NETWORK_FAILED', null],
    [
      'throttled: the mark is taken back',
      DUE,
      () => fault('RATE_LIMITED', 'transient', 90_000),
      'RATE_LIMITED',
      null,
    ],
    [
      'the client refused: the mark is taken back',
      DUE,
      () => fault('CLIENT_REJECTED', 'configuration'),
      'CLIENT_REJECTED',
      null,
    ],
    ['refused: a definite answer', DUE, () => refusal, 'GRANT_REJECTED', null],
    ['lost twice: it stays', DUE, () => lostAnswer, 'NETWORK_FAILED', NOW],
    ['lost, then refused: a definite answer', DUE, inTurn(lostAnswer, refusal), 'ANSWER_LOST', null],
    ['lost, then unreachable: it stays', DUE, inTurn(lostAnswer, unreachable), 'NETWORK_FAILED', NOW],
    [
      'lost, then the client refused: it stays',
      DUE,
      inTurn(lostAnswer, fault('CLIENT_REJECTED', 'configuration')),
      'CLIENT_REJECTED',
      NOW,
    ],
    ["an earlier run's, never sent: it stays as it was", open, () => unreachable, 'NETWORK_FAILED', EARLIER],
    [
      "an earlier run's, throttled: it stays as it was",
      open,
      () => fault('RATE_LIMITED', 'transient', 90_000),
      'RATE_LIMITED',
      EARLIER,
    ],
    [
      "an earlier run's, the client refused: it stays as it was",
      open,
      () => fault('CLIENT_REJECTED', 'configuration'),
      'CLIENT_REJECTED',
      EARLIER,
    ],
    ["an earlier run's, lost again: it stays as it was", open, () => lostAnswer, 'NETWORK_FAILED', EARLIER],
    [
      "an earlier run's, refused: the answer that was lost had replaced it",
      open,
      () => refusal,
      'ANSWER_LOST',
      null,
    ],
  ])('%s', async (_, given, answer, code, presentedAt) => {
    const run = scriptedRun({ answer })
    const result = await renew(run, await run.add('aliexpress:main', given))
    expect(result).toMatchObject({ outcome: 'failed', error: { code } })
    const { header, secrets } = await run.stored('aliexpress:main')
    expect(header.presentedAt).toBe(presentedAt)
    expect(header.refused?.code).toBe(['GRANT_REJECTED', 'ANSWER_LOST'].includes(code) ? code : undefined)
    expect(secrets.refreshToken?.reveal()).toBe('old-token')
    expect(result.assessment?.state).toBe(
      header.refused ? 'rejected' : presentedAt === null ? 'due' : 'unconfirmed',
    )
  })

  test('ANSWER_LOST is a state of its own', async () => {
    const run = scriptedRun({ answer: inTurn(lostAnswer, refusal) })
    const result = await renew(run, await run.add('aliexpress:main', DUE))
    expect(result.assessment).toMatchObject({ state: 'rejected', why: 'answer-lost' })
  })

  test('and stays it, however often the dead token is asked about', async () => {
    const run = scriptedRun({ answer: inTurn(lostAnswer, refusal) })
    await renew(run, await run.add('aliexpress:main', DUE))
    run.clock.advance(DAY)
    const again = await renew(run, (await run.stored('aliexpress:main')).header)
    expect(again).toMatchObject({ error: { code: 'ANSWER_LOST' }, assessment: { why: 'answer-lost' } })
    expect((await run.stored('aliexpress:main')).header.refused).toEqual({ code: 'ANSWER_LOST', at: NOW })
  })

  test('a fault of ours leaves it', async () => {
    const run = scriptedRun({ answer: () => new TypeError('a fault') })
    await renew(run, await run.add('aliexpress:main', DUE))
    expect((await run.stored('aliexpress:main')).header.presentedAt).toBe(NOW)
  })

  test('is told as a risk where an answer was lost, and only there', async () => {
    const run = scriptedRun({ answer: () => rotated })
    const { tell: _, ...silent } = run.ports
    await renew(run, await run.add('aliexpress:one', DUE))
    expect(run.told).toEqual([])
    const seen = await run.add('aliexpress:two', { ...DUE, presentedAt: ago(1) })
    const result = await renewOne({ marketplace: 'aliexpress', name: 'two' }, seen, 'named', silent)
    expect(result).toMatchObject({ outcome: 'renewed' })
    await renew(run, await run.add('aliexpress:three', { ...DUE, presentedAt: ago(1) }))
    expect(run.told).toEqual([expect.stringMatching(/^aliexpress:three: the answer to its last renewal/)])
  })

  test('an answer at last settles it', async () => {
    const run = scriptedRun({ answer: () => ({ ...rotated, endsAt: NOW + 40 * DAY }) })
    const result = await renew(run, await run.add('aliexpress:main', open))
    expect(result).toMatchObject({
      outcome: 'renewed',
      header: { presentedAt: null },
      assessment: { state: 'ok' },
    })
  })

  test('a token that does not rotate keeps no mark', async () => {
    const run = scriptedRun({ answer: () => lostAnswer })
    await renew(run, await run.add('ebay:main', DUE))
    expect(run.log.at(-2)).toBe('clear ebay:main')
    expect((await run.stored('ebay:main')).header.presentedAt).toBeNull()
    expect(run.log.filter(line => line.startsWith('send'))).toHaveLength(3)
  })
})

describe('a pasted token that waits to be proven', () => {
  const pending = new Secret('pasted-token')
  const waiting = { ...DUE, generation: 3, pendingAt: ago(2) }
  const only =
    (token: string, good: Answer, other: Answer): Answer =>
    (sent, request) =>
      (sent === token ? good : other)(sent, request)

  test('is sent first, and replaces the old one when it is accepted', async () => {
    const run = scriptedRun({
      answer: only(
        'pasted-token',
        () => yes,
        () => refusal,
      ),
    })
    const result = await renew(run, await run.add('amazon:main', waiting, { pending }))
    expect(result).toMatchObject({ outcome: 'renewed', error: null, assessment: { state: 'ok' } })
    const { header, secrets } = await run.stored('amazon:main')
    expect(header).toMatchObject({
      consentAt: ago(2),
      renewedAt: ago(2),
      acceptedAt: NOW,
      pendingAt: null,
      generation: 4,
      refused: null,
    })
    expect(header.lastAttempt).toEqual({ at: NOW, outcome: 'renewed', code: null })
    expect(secrets.refreshToken?.reveal()).toBe('pasted-token')
    expect(secrets.previous).toEqual({ refreshToken: expect.any(Secret), generation: 3 })
    expect(secrets.previous?.refreshToken.reveal()).toBe('old-token')
    expect(secrets.pending).toBeNull()
    expect(run.log.filter(line => line.startsWith('send'))).toEqual(['send pasted-token'])
  })

  test('is proved with --due too, also where the old one is refused for good', async () => {
    const run = scriptedRun({
      answer: only(
        'pasted-token',
        () => yes,
        () => refusal,
      ),
    })
    const refused = { code: 'GRANT_REJECTED', at: ago(1) } as const
    const lastAttempt = { at: ago(1), outcome: 'failed', code: 'GRANT_REJECTED' } as const
    const seen = await run.add('amazon:main', { ...waiting, refused, lastAttempt }, { pending })
    expect(await renew(run, seen, 'due')).toMatchObject({ outcome: 'renewed', assessment: { state: 'ok' } })
  })

  test('is removed when it is refused; the old one is asked, kept, and the person hears of it', async () => {
    const run = scriptedRun({
      answer: only(
        'pasted-token',
        () => refusal,
        () => yes,
      ),
    })
    const result = await renew(run, await run.add('amazon:main', waiting, { pending }))
    expect(result).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'GRANT_REJECTED',
        message: expect.stringContaining('pasted'),
        fix: refusal.fix,
        failure: 'permanent',
        cause: refusal,
      },
    })
    const { header, secrets } = await run.stored('amazon:main')
    expect(header).toMatchObject({
      pendingAt: null,
      refused: null,
      acceptedAt: NOW,
      renewedAt: DUE.renewedAt,
    })
    expect(result.header).toEqual(header)
    expect(secrets.pending).toBeNull()
    expect(secrets.refreshToken?.reveal()).toBe('old-token')
    expect(run.log.filter(line => line.startsWith('send'))).toEqual(['send pasted-token', 'send old-token'])
    expect(run.told).toEqual([
      expect.stringMatching(/^amazon:main: The token that was pasted .* was refused/),
    ])
  })

  test('is removed too when it is refused after an answer that was lost, whoever is there to be told', async () => {
    const answer = only(
      'pasted-token',
      () => refusal,
      () => yes,
    )
    const run = scriptedRun({ answer, adapter: { rotation: 'strict' } })
    const seen = await run.add('aliexpress:main', waiting, { pending })
    const open = await (await run.vault.journal()).present({
      account: 'aliexpress:main',
      purpose: 'pending',
      mayReplace: true,
      generation: seen.generation,
      at: ago(1),
      wasLost: false,
      token: pending,
      app: 'default',
      region: null,
      environment: 'production',
    })
    open.close()
    const { tell: _, ...silent } = run.ports
    const result = await renewOne({ marketplace: 'aliexpress', name: 'main' }, seen, 'named', silent)
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'ANSWER_LOST' } })
    const { secrets } = await run.stored('aliexpress:main')
    expect([secrets.refreshToken?.reveal(), secrets.pending]).toEqual(['old-token', null])
  })

  test('that was brought by a run that was killed is proven at once', async () => {
    const run = scriptedRun({
      answer: only(
        'pasted-token',
        () => yes,
        () => refusal,
      ),
    })
    const seen = await run.add('amazon:main', DUE)
    const open = await (await run.vault.journal()).present({
      account: 'amazon:main',
      purpose: 'brought',
      mayReplace: false,
      generation: seen.generation,
      at: ago(1),
      wasLost: false,
      token: pending,
      app: 'default',
      region: null,
      environment: 'production',
    })
    open.close()
    expect(await renew(run, seen)).toMatchObject({ outcome: 'renewed', error: null })
    expect(run.log.filter(line => line.startsWith('send'))).toEqual(['send pasted-token'])
    const { secrets } = await run.stored('amazon:main')
    expect([secrets.refreshToken?.reveal(), secrets.pending]).toEqual(['pasted-token', null])
  })

  test('is removed when both are refused; then the account is rejected', async () => {
    const run = scriptedRun({ answer: () => refusal })
    const result = await renew(run, await run.add('amazon:main', waiting, { pending }))
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { code: 'GRANT_REJECTED' },
      assessment: { state: 'rejected' },
    })
    expect((await run.stored('amazon:main')).secrets.refreshToken?.reveal()).toBe('old-token')
  })

  test('the only one, refused: the account holds no token, and says that it was refused', async () => {
    const run = scriptedRun({ answer: () => refusal })
    const seen = await run.add('amazon:main', { pendingAt: ago(2) }, { pending, refreshToken: null })
    const result = await renew(run, seen)
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { code: 'GRANT_REJECTED' },
      header: { holdsToken: false, pendingAt: null, lastAttempt: { code: 'GRANT_REJECTED' } },
      assessment: { state: 'rejected', mender: 'person' },
    })
    expect((await run.stored('amazon:main')).header).toEqual(result.header)
  })

  test.each([
    unreachable,
    lostAnswer,
    fault('CLIENT_REJECTED', 'configuration'),
    fault('RATE_LIMITED', 'transient', 90_000),
  ])('stays when nobody could say ($code, $failure), and the old one is not asked', async failure => {
    const run = scriptedRun({ answer: () => failure })
    const result = await renew(run, await run.add('amazon:main', waiting, { pending }))
    expect(result).toMatchObject({ outcome: 'failed', error: { code: failure.code } })
    const { header, secrets } = await run.stored('amazon:main')
    expect(header).toMatchObject({ pendingAt: ago(2), refused: null, lastAttempt: { code: failure.code } })
    expect(secrets.pending?.reveal()).toBe('pasted-token')
    expect(secrets.refreshToken?.reveal()).toBe('old-token')
    expect(run.log.filter(line => line === 'send old-token')).toEqual([])
  })
})

describe('before anything is sent', () => {
  test('the app must have keys', async () => {
    const run = scriptedRun({ answer: () => yes })
    const seen = await run.add('ebay:main', { ...DUE, app: 'other' })
    const result = await renew(run, seen)
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { code: 'CLIENT_REJECTED', fix: 'Enter them once: `tokenctl app set ebay other`.' },
      header: { lastAttempt: null, presentedAt: null },
    })
    expect(run.log).toEqual(['lock ebay:main', 'read ebay:main', 'keys ebay:other', 'unlock ebay:main'])
  })

  test.each([
    ['production', 'local', '`tokenctl config set endpoint.ebay http://127.0.0.1:PORT`'],
    ['production', 'sandbox', '`tokenctl config set environment.ebay sandbox`'],
    [
      'local',
      'production',
      '`tokenctl config unset endpoint.ebay` and `tokenctl config unset environment.ebay`',
    ],
    ['sandbox', 'production', '`tokenctl config unset environment.ebay`'],
    [
      'local',
      'sandbox',
      '`tokenctl config unset endpoint.ebay` and `tokenctl config set environment.ebay sandbox`',
    ],
  ] as const)('spoken to is %s: an account made in %s is not sent there', async (environment, made, fix) => {
    const run = scriptedRun({ answer: () => yes, environment })
    const result = await renew(run, await run.add('ebay:main', { ...DUE, environment: made }))
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'ENVIRONMENT_MISMATCH', exit: 2 } })
    const places = {
      production: 'the real eBay',
      sandbox: "eBay's sandbox",
      local: 'a simulator on this machine',
    }
    expect(result.error?.message).toContain(`belongs to ${places[made]}`)
    expect(result.error?.message).toContain(`set to ${places[environment]}`)
    expect(result.error?.fix).toContain(fix)
    expect(run.log.some(line => line.startsWith('send') || line.startsWith('save'))).toBe(false)
  })

  test('nor is one whose app was made elsewhere', async () => {
    const run = scriptedRun({ answer: () => yes, environment: 'local' })
    await run.addApp('ebay', 'production')
    const result = await renew(run, await run.add('ebay:main', DUE))
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'ENVIRONMENT_MISMATCH' } })
    expect(run.log.some(line => line.startsWith('send'))).toBe(false)
  })
})

describe('no secret', () => {
  test('is in what comes back, whatever comes of it', async () => {
    for (const answer of [
      () => yes,
      () => rotated,
      () => refusal,
      () => lostAnswer,
      () => new Error('old-token'),
    ]) {
      for (const account of ['ebay:main', 'amazon:main', 'aliexpress:main']) {
        const run = scriptedRun({ answer })
        const result = await renew(run, await run.add(account, DUE, { pending: null }))
        const shown = `${JSON.stringify(result)} ${result.error?.message} ${result.error?.fix}`
        for (const secret of ['old-token', 'new-token', 'access-token', 'client-secret'])
          expect(shown).not.toContain(secret)
      }
    }
  })
})
