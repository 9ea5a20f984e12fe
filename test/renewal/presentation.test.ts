/** One presentation of a token: what its journal says at each step, and what becomes of the journal at its end. */
import { describe, expect, test } from 'vitest'
import { type ErrorCode, type FailureClass, TokenctlError } from '../../src/errors.ts'
import type { MarketplaceAdapter, Rotation } from '../../src/marketplaces/adapter.ts'
import type { HttpResponse } from '../../src/platform/http.ts'
import type { RenewalPorts } from '../../src/renewal/ports.ts'
import { Presentation, type Presented } from '../../src/renewal/presentation.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { HOUR } from '../../src/tokens/time.ts'
import { type AccountHeader, merge } from '../../src/tokens/token-set.ts'
import { at, issued } from '../support/accounts.ts'
import { type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ALI = { marketplace: 'aliexpress', name: 'main' }
const yes = issued({ accessExpiresAt: NOW + HOUR, refreshToken: new Secret('new-token') })
const full = () => new TokenctlError('WRITE_FAILED', 'The disk is full.')

interface Scene {
  readonly rotation?: Rotation
  readonly purpose?: Presented['purpose']
  readonly refused?: AccountHeader['refused']
  readonly lostAt?: number | null
  /** What is done while the answer is awaited. */
  readonly meanwhile?: (run: ScriptedRun) => void
  readonly answer?: Error
  readonly ports?: Partial<RenewalPorts>
}

/** A presentation that was begun, with the run it is of. */
async function begin({
  rotation = 'unknown',
  purpose = 'refresh',
  refused = null,
  lostAt = null,
  meanwhile,
  answer,
  ports = {},
}: Scene = {}) {
  const run: ScriptedRun = scriptedRun({
    answer: () => {
      meanwhile?.(run)
      return answer ?? yes
    },
    adapter: { rotation },
  })
  const known = { consentAt: NOW - HOUR, generation: 2, region: 'eu', refused } as const
  const header = await run.add('aliexpress:main', known)
  const stored = await run.stored('aliexpress:main')
  const adapter: MarketplaceAdapter = run.ports.adapterOf('aliexpress')
  const token = new Secret('old-token')
  const what: Presented = {
    account: ALI,
    header,
    purpose,
    token,
    keys: [{}],
    adapter,
    now: NOW,
    lostAt,
  }
  let closed = 0
  const journal = await run.vault.journal()
  const present = journal.present.bind(journal)
  journal.present = async undertaking => {
    const open = await present(undertaking)
    const close = () => {
      closed += 1
      open.close()
    }
    return { keep: reply => open.keep(reply), keepLoss: () => open.keepLoss(), close }
  }
  run.log.length = 0
  const presentation = await Presentation.begin(what, { ...run.ports, ...ports })
  const journaled = () => journal.read('aliexpress:main')
  return { run, presentation, stored, journaled, closed: () => closed }
}

describe('the mark', () => {
  test.each<[Rotation, boolean]>([
    ['none', false],
    ['grace', true],
    ['strict', true],
    ['unknown', true],
  ])('says all that a later run needs (rotation %s)', async (rotation, mayReplace) => {
    const { journaled } = await begin({ rotation })
    expect(await journaled()).toMatchObject({
      state: 'readable',
      replies: [],
      undertaking: {
        account: 'aliexpress:main',
        purpose: 'refresh',
        mayReplace,
        generation: 2,
        at: NOW,
        app: 'default',
        region: 'eu',
        environment: 'production',
      },
    })
  })

  test('keeps the time of the first presentation when an answer was lost', async () => {
    const { journaled } = await begin({ lostAt: NOW - HOUR })
    expect(await journaled()).toMatchObject({ undertaking: { at: NOW - HOUR, wasLost: true } })
    expect(await (await begin()).journaled()).toMatchObject({ undertaking: { at: NOW, wasLost: false } })
  })

  test('is not made in a store that cannot be written', async () => {
    const run = scriptedRun({ answer: () => yes })
    const header = await run.add('aliexpress:main')
    run.vault.prove = () => Promise.reject(full())
    const adapter = run.ports.adapterOf('aliexpress')
    const token = new Secret('old-token')
    const purpose = 'refresh' as const
    const what = { account: ALI, header, purpose, token, keys: [{}], adapter, now: NOW, lostAt: null }
    await expect(Presentation.begin(what, run.ports)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(run.log).toEqual([])
  })
})

describe('sending', () => {
  test('counts against the app’s day, with the time it is sent at', async () => {
    const used: unknown[] = []
    const quota = { left: () => null, used: (...what: unknown[]) => void used.push(what) }
    const { presentation, run } = await begin({ ports: { quota } })
    run.clock.advance(5000)
    await presentation.send()
    expect(used).toEqual([['aliexpress', 'default', NOW + 5000]])
  })

  test('is not sent once the account’s lock is lost, be it while its refresh was being counted', async () => {
    let isHeld = true
    const quota = {
      left: () => null,
      used: async () => {
        isHeld = false
      },
    }
    const { presentation, run } = await begin({ ports: { quota } })
    run.vault.holds = async () => isHeld
    await expect(presentation.send()).rejects.toMatchObject({ code: 'LOCK_HELD', failure: 'transient' })
    expect(run.log.filter(said => said.startsWith('send'))).toEqual([])
  })

  test('keeps the answer as it came, with the time of its question', async () => {
    const { presentation, journaled } = await begin()
    await presentation.send()
    expect(await journaled()).toMatchObject({
      replies: [{ sentAt: NOW, response: { status: 200, headers: {}, body: 'answer 0' }, isCut: false }],
    })
  })

  test('keeps an answer that broke off as such', async () => {
    const cut = new TokenctlError('NETWORK_FAILED', 'It broke off.', { failure: 'ambiguous' })
    const response: HttpResponse = { status: 200, headers: { 'x-id': '7' }, body: '{"refresh', cut }
    const { presentation, journaled } = await begin({
      rotation: 'strict',
      ports: { http: { send: async () => response } },
    })
    await expect(presentation.send()).rejects.toBe(cut)
    expect(await journaled()).toMatchObject({
      replies: [{ isCut: true, response: { status: 200, headers: { 'x-id': '7' }, body: '{"refresh' } }],
    })
  })

  test.each<[number | null, ErrorCode]>([
    [null, 'GRANT_REJECTED'],
    [NOW - HOUR, 'ANSWER_LOST'],
  ])('a refusal after an answer that was lost (%s) is %s', async (lostAt, code) => {
    const refusal = new TokenctlError('GRANT_REJECTED', 'No.', { failure: 'permanent' })
    const { presentation } = await begin({ lostAt, answer: refusal })
    await expect(presentation.send()).rejects.toMatchObject({ code })
  })

  test.each<[string, Scene, ErrorCode]>([
    ['once lost, it stays that', { refused: { code: 'ANSWER_LOST', at: NOW - HOUR } }, 'ANSWER_LOST'],
    ['refused before', { refused: { code: 'GRANT_REJECTED', at: NOW - HOUR } }, 'GRANT_REJECTED'],
    [
      'a pasted token has no part in what became of the old one',
      { refused: { code: 'ANSWER_LOST', at: NOW - HOUR }, purpose: 'pending' },
      'GRANT_REJECTED',
    ],
  ])('a refusal, again: %s', async (_, scene, code) => {
    const refusal = new TokenctlError('GRANT_REJECTED', 'No.', { failure: 'permanent' })
    const { presentation } = await begin({ ...scene, rotation: 'strict', answer: refusal })
    await expect(presentation.send()).rejects.toMatchObject({ code })
  })

  test('another failure of a token that was lost for good is not called a refusal', async () => {
    const limited = new TokenctlError('CLIENT_REJECTED', 'No.', { failure: 'configuration' })
    const refused = { code: 'ANSWER_LOST', at: NOW - HOUR } as const
    const { presentation } = await begin({ refused, answer: limited })
    await expect(presentation.send()).rejects.toBe(limited)
  })

  test('any other failure after a lost answer leaves the token as open as it was', async () => {
    const limited = new TokenctlError('CLIENT_REJECTED', 'No.', { failure: 'configuration' })
    const { presentation } = await begin({ lostAt: NOW - HOUR, answer: limited })
    await expect(presentation.send()).rejects.toMatchObject({ code: 'CLIENT_REJECTED', failure: 'ambiguous' })
  })
})

describe('an answer that the journal could not take', () => {
  test('is not dropped: it is judged, stored, and the journal goes', async () => {
    const { run, presentation, stored, journaled } = await begin({
      meanwhile: run => run.journalFailures.push(full()),
    })
    const next = merge(stored, await presentation.send(), NOW, true)
    expect(await journaled()).toMatchObject({ replies: [] })
    await presentation.store(next, stored.revision)
    expect((await run.stored('aliexpress:main')).secrets.refreshToken?.reveal()).toBe('new-token')
    expect(await journaled()).toBeUndefined()
  })

  test('is offered to it again when the store refuses it too, and taken once only', async () => {
    const { run, presentation, stored, journaled } = await begin({
      meanwhile: run => run.journalFailures.push(full()),
    })
    const next = merge(stored, await presentation.send(), NOW, true)
    run.vault.failures.push(full(), full(), full())
    await expect(presentation.store(next, stored.revision)).rejects.toMatchObject({
      message: expect.stringContaining('safe in the journal'),
    })
    expect(run.log.filter(line => line.startsWith('keep'))).toHaveLength(2)
    expect(await journaled()).toMatchObject({ replies: [{ response: { body: 'answer 0' } }] })
  })

  test('is held on to no longer once the journal took it, at whichever try', async () => {
    const { run, presentation, stored } = await begin({
      meanwhile: run => run.journalFailures.push(full(), full(), full()),
    })
    const next = merge(stored, await presentation.send(), NOW, true)
    run.vault.failures.push(full(), full(), full())
    await expect(presentation.store(next, stored.revision)).rejects.toMatchObject({
      message: expect.stringContaining('safe in the journal'),
    })
    expect(run.clock.slept).toEqual([200, 1500])
  })

  test('is held on to for longer while neither takes it, and the words say so', async () => {
    const { run, presentation, stored } = await begin({
      meanwhile: run => run.journalFailures.push(...Array.from({ length: 7 }, full)),
    })
    const next = merge(stored, await presentation.send(), NOW, true)
    run.vault.failures.push(...Array.from({ length: 6 }, full))
    await expect(presentation.store(next, stored.revision)).rejects.toMatchObject({
      message: expect.stringContaining('could not be stored'),
    })
    expect(run.clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(50_000)
  })

  test('took: the store alone is in the way then, and not for long', async () => {
    const { run, presentation, stored } = await begin()
    const next = merge(stored, await presentation.send(), NOW, true)
    run.vault.failures.push(full(), full(), full())
    await expect(presentation.store(next, stored.revision)).rejects.toMatchObject({
      message: expect.stringContaining('safe in the journal'),
    })
    expect(run.clock.slept).toEqual([200, 1500])
  })

  test('by a fault of ours is told as such', async () => {
    const fault = new TypeError('ours')
    const { presentation } = await begin({ meanwhile: run => run.journalFailures.push(fault) })
    await expect(presentation.send()).rejects.toBe(fault)
  })
})

describe('a question without an answer', () => {
  const lost = new TokenctlError('NETWORK_FAILED', 'It broke.', { failure: 'ambiguous' })

  test('is in the journal', async () => {
    const { presentation, journaled } = await begin({ rotation: 'strict', answer: lost })
    await expect(presentation.send()).rejects.toBe(lost)
    expect(await journaled()).toMatchObject({ hasLoss: true, replies: [] })
  })

  test('is told all the same where the journal is full: the mark says enough', async () => {
    const { presentation, journaled } = await begin({
      rotation: 'strict',
      answer: lost,
      meanwhile: run => run.journalFailures.push(full()),
    })
    await expect(presentation.send()).rejects.toBe(lost)
    expect(await journaled()).toMatchObject({ state: 'readable', hasLoss: false })
  })

  test('by a fault of ours is told as such', async () => {
    const fault = new TypeError('ours')
    const meanwhile = (run: ScriptedRun) => void run.journalFailures.push(fault)
    const { presentation } = await begin({ rotation: 'strict', answer: lost, meanwhile })
    await expect(presentation.send()).rejects.toBe(fault)
  })
})

describe('the end', () => {
  test('of what was stored: the journal is let go and gone, and the header says nothing of it any more', async () => {
    const { presentation, stored, journaled, closed } = await begin()
    const next = merge(stored, await presentation.send(), NOW, true)
    const saved = await presentation.store(next, stored.revision)
    expect(saved.header).toMatchObject({ presentedAt: null, awaitsRecovery: false, generation: 3 })
    expect(saved.revision).toBe(stored.revision + 1)
    expect(await journaled()).toBeUndefined()
    expect(closed()).toBe(1)
  })

  test('of a token that something else holds by now: the journal is gone', async () => {
    const { presentation, journaled, closed } = await begin()
    await presentation.end()
    expect(await journaled()).toBeUndefined()
    expect(closed()).toBe(1)
    presentation.close()
    expect(closed()).toBe(2)
  })

  test('is no failure where only the journal would not go: the next run sees that it is past', async () => {
    const { run, presentation, stored, journaled } = await begin()
    const next = merge(stored, await presentation.send(), NOW, true)
    run.journalFailures.push(full())
    await expect(presentation.store(next, stored.revision)).resolves.toMatchObject({
      header: { presentedAt: null, awaitsRecovery: false },
    })
    expect(await journaled()).toBeDefined()
  })

  test('of a failure is not there yet where the journal would not go', async () => {
    const { run, presentation, journaled } = await begin({ rotation: 'none' })
    run.journalFailures.push(full())
    expect(await presentation.fail(new TokenctlError('CLIENT_REJECTED', 'No.'))).toBe(false)
    expect(await journaled()).toBeDefined()
  })

  test('is a fault of ours where the journal would not go for one', async () => {
    const { run, presentation } = await begin()
    const fault = new TypeError('ours')
    run.journalFailures.push(fault)
    await expect(presentation.end()).rejects.toBe(fault)
  })

  const open = 'the journal stays'
  const over = 'the journal goes'
  test.each<[string, Rotation, ErrorCode, FailureClass | undefined, number | null, string]>([
    ['a refusal', 'strict', 'GRANT_REJECTED', 'permanent', null, over],
    ['a refusal, before which an answer was lost', 'strict', 'GRANT_REJECTED', 'permanent', NOW - HOUR, over],
    ['a lost answer that became a refusal', 'grace', 'ANSWER_LOST', 'permanent', NOW - HOUR, over],
    ['a lost answer', 'grace', 'NETWORK_FAILED', 'ambiguous', null, open],
    ['a lost answer of a token that stays', 'none', 'NETWORK_FAILED', 'ambiguous', null, over],
    ['a request that never left', 'unknown', 'NETWORK_FAILED', 'transient', null, over],
    [
      'one that never left, before which an answer was lost',
      'unknown',
      'NETWORK_FAILED',
      'transient',
      NOW - HOUR,
      open,
    ],
    ['wrong app keys', 'unknown', 'CLIENT_REJECTED', 'configuration', null, over],
    ['a failure that says nothing of the token', 'unknown', 'BUG', undefined, null, open],
    ['the same of a token that stays', 'none', 'BUG', undefined, NOW - HOUR, over],
  ])('after %s', async (_, rotation, code, failure, lostAt, expected) => {
    const { presentation, journaled } = await begin({ rotation, lostAt })
    const error = new TokenctlError(code, 'It failed.', failure === undefined ? {} : { failure })
    expect(await presentation.fail(error)).toBe(expected === over)
    expect((await journaled()) === undefined).toBe(expected === over)
  })
})
