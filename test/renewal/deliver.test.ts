import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { type DeliverMode, type DeliverPorts, deliverOne, type HandOver } from '../../src/renewal/deliver.ts'
import { deliverAll } from '../../src/renewal/deliver-all.ts'
import { parseAccount } from '../../src/tokens/account.ts'
import type { Delivery } from '../../src/tokens/delivery.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR, MINUTE } from '../../src/tokens/time.ts'
import type { AccountHeader, AccountSecrets } from '../../src/tokens/token-set.ts'
import { at, delivery } from '../support/accounts.ts'
import { type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const MAIN = { marketplace: 'ebay', name: 'main' }
const WAY = { url: new Secret('https://hooks.example.com/in'), key: new Secret('a2V5') }

/** A receiver that takes everything, or does what the test says. */
type Receiver = (what: HandOver) => void | Promise<void>

function deliveries(receiver: Receiver = () => {}) {
  const run = scriptedRun({ answer: () => expect.unreachable('no marketplace is asked') })
  const taken: HandOver[] = []
  const ports: DeliverPorts = {
    ...run.ports,
    handOver: async what => {
      run.log.push(`hand over ${what.stored.header.account}`)
      await receiver(what)
      taken.push(what)
    },
  }
  const deliver = (mode: DeliverMode = 'due', account = MAIN) => deliverOne(account, mode, ports)
  return { run, ports, taken, deliver }
}

const GOOD = { generation: 3, acceptedAt: NOW - HOUR, accessExpiresAt: NOW + HOUR }

async function account(
  run: ScriptedRun,
  given: Partial<AccountHeader> = {},
  set: Partial<Delivery> = {},
  secrets: Partial<AccountSecrets> = {},
) {
  const all = { accessToken: new Secret('access-token'), delivery: WAY, ...secrets }
  return await run.add('ebay:main', { ...GOOD, delivery: delivery(set), ...given }, all)
}

const failed = (code: 'DELIVERY_PENDING' | 'DELIVERY_FAILED', retryAfterMs?: number) =>
  new TokenctlError(code, 'hooks.example.com answered.', retryAfterMs === undefined ? {} : { retryAfterMs })

describe('a delivery', () => {
  it('comes after the account’s lock is gone, under its own, and is remembered', async () => {
    const { run, deliver, taken } = deliveries()
    await account(run)
    const result = await deliver()
    expect(result).toMatchObject({ account: MAIN, outcome: 'delivered', error: null })
    expect(run.log).toEqual([
      'lock deliver-ebay:main',
      'lock ebay:main',
      'read ebay:main',
      'unlock ebay:main',
      'hand over ebay:main',
      'lock ebay:main',
      'read ebay:main',
      'save ebay:main untried',
      'unlock ebay:main',
      'unlock deliver-ebay:main',
    ])
    const { header, secrets } = await run.stored('ebay:main')
    expect(header.delivery).toEqual(delivery({ deliveredGeneration: 3, deliveredAt: NOW }))
    expect(result.header).toEqual(header)
    // Nothing else of the record is touched.
    expect(header).toMatchObject(GOOD)
    expect(secrets.refreshToken?.reveal()).toBe('old-token')
    expect(taken[0]).toMatchObject({ way: WAY, again: null, delivery: { target: 'hooks.example.com' } })
    expect(run.events).toEqual([
      expect.objectContaining({ action: 'deliver', subject: 'ebay:main', outcome: 'done', code: null }),
    ])
  })

  it('is not made twice of the same generation', async () => {
    const { deliver, run, taken } = deliveries()
    await account(run)
    await deliver()
    expect(await deliver()).toMatchObject({ outcome: 'already', error: null })
    expect(await deliver('named')).toMatchObject({ outcome: 'already' })
    expect(taken).toHaveLength(1)
  })

  it('is made anew where a person says so', async () => {
    const { deliver, run, taken } = deliveries()
    await account(run)
    await deliver()
    run.clock.advance(MINUTE)
    expect(await deliver('again')).toMatchObject({ outcome: 'delivered' })
    expect(taken.map(({ again }) => again)).toEqual([null, NOW + MINUTE])
    expect((await run.stored('ebay:main')).header.delivery?.deliveredAt).toBe(NOW + MINUTE)
  })

  it('is not something anew of what has never arrived', async () => {
    const { deliver, run, taken } = deliveries()
    await account(run)
    await deliver('again')
    expect(taken[0]?.again).toBeNull()
  })

  it('two at once: the second finds it done', async () => {
    const { deliver, run, taken } = deliveries()
    await account(run)
    const vaultLocks = run.vault.locks
    const ports = {
      ...run.ports,
      locks: vaultLocks,
      handOver: async (what: HandOver) => void taken.push(what),
    }
    const both = await Promise.all([deliverOne(MAIN, 'due', ports), deliverOne(MAIN, 'due', ports)])
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['already', 'delivered'])
    expect(taken).toHaveLength(1)
    expect(await deliver()).toMatchObject({ outcome: 'already' })
  })
})

describe('a receiver that fails', () => {
  it('leaves the delivery pending, counted, and the renewal as it was', async () => {
    const { deliver, run } = deliveries(() => Promise.reject(failed('DELIVERY_PENDING')))
    const before = await account(run)
    const result = await deliver()
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'DELIVERY_PENDING' } })
    const { header } = await run.stored('ebay:main')
    expect(header).toEqual({ ...before, delivery: header.delivery })
    expect(header.delivery).toMatchObject({
      deliveredGeneration: null,
      failing: { code: 'DELIVERY_PENDING', count: 1, since: NOW, lastAt: NOW },
    })
    expect(run.events).toEqual([expect.objectContaining({ outcome: 'failed', code: 'DELIVERY_PENDING' })])
  })

  it('is tried again, with pauses after five times, and at once for a person', async () => {
    let isUp = false
    const { deliver, run } = deliveries(() => {
      if (!isUp) throw failed('DELIVERY_PENDING')
    })
    await account(run, { accessExpiresAt: NOW + 400 * DAY })
    for (let time = 0; time < 5; time += 1) {
      expect(await deliver()).toMatchObject({ outcome: 'failed' })
      run.clock.advance(MINUTE)
    }
    expect(await deliver()).toMatchObject({ outcome: 'waiting', error: { code: 'DELIVERY_PENDING' } })
    expect(await deliver('named')).toMatchObject({ outcome: 'failed' })
    isUp = true
    run.clock.advance(2 * HOUR)
    expect(await deliver()).toMatchObject({ outcome: 'delivered' })
    expect((await run.stored('ebay:main')).header.delivery).toMatchObject({
      deliveredGeneration: 3,
      failing: null,
    })
  })

  it('is left alone for as long as it asks', async () => {
    const { deliver, run } = deliveries(() => Promise.reject(failed('DELIVERY_PENDING', 30 * MINUTE)))
    await account(run)
    await deliver()
    run.clock.advance(29 * MINUTE)
    expect(await deliver()).toMatchObject({ outcome: 'waiting' })
    run.clock.advance(MINUTE)
    expect(await deliver()).toMatchObject({ outcome: 'failed' })
  })

  it('that refuses gets nothing more until a person acts, not even a newer token', async () => {
    let refuses = true
    const { deliver, run, taken } = deliveries(() => {
      if (refuses) throw failed('DELIVERY_FAILED')
    })
    await account(run)
    expect(await deliver()).toMatchObject({ outcome: 'failed', error: { code: 'DELIVERY_FAILED' } })
    refuses = false
    run.clock.advance(30 * MINUTE)
    const stored = await run.stored('ebay:main')
    await run.vault.saveAccount(
      { header: { ...stored.header, generation: 4 }, secrets: stored.secrets },
      stored.revision,
    )
    expect(await deliver()).toMatchObject({ outcome: 'waiting', error: { code: 'DELIVERY_FAILED' } })
    expect(taken).toHaveLength(0)
    expect(await deliver('named')).toMatchObject({ outcome: 'delivered' })
    expect((await run.stored('ebay:main')).header.delivery).toMatchObject({
      deliveredGeneration: 4,
      failing: null,
    })
  })

  it('what is no receiver’s doing silences nothing', async () => {
    const { deliver, run } = deliveries(() => Promise.reject(new TypeError('a fault of ours')))
    await account(run)
    expect(await deliver()).toMatchObject({ outcome: 'failed', error: { code: 'BUG' } })
    expect((await run.stored('ebay:main')).header.delivery?.failing).toBeNull()
  })

  it('a refusal of what was sent anew takes nothing back', async () => {
    const { deliver, run } = deliveries(({ again }) => {
      if (again !== null) throw failed('DELIVERY_FAILED')
    })
    await account(run)
    await deliver()
    expect(await deliver('again')).toMatchObject({ outcome: 'failed' })
    expect(await deliver()).toMatchObject({ outcome: 'already' })
  })
})

describe('what is of no use where it goes', () => {
  const both = { tokens: ['access', 'refresh'] as const }
  it.each<
    [what: string, given: Partial<AccountHeader>, set: Partial<Delivery>, secrets: object, code: string]
  >([
    ['an access token that has run out', { accessExpiresAt: NOW }, {}, {}, 'DELIVERY_PENDING'],
    ['no access token', {}, {}, { accessToken: null }, 'DELIVERY_PENDING'],
    ['one of unknown end', { accessExpiresAt: null }, {}, {}, 'DELIVERY_PENDING'],
    ['no access token beside a refresh token', {}, both, { accessToken: null }, 'DELIVERY_PENDING'],
    ['a refused refresh token', { refused: { code: 'GRANT_REJECTED', at: NOW } }, both, {}, 'GRANT_REJECTED'],
    ['one that may be spent', { presentedAt: NOW - HOUR }, both, {}, 'DELIVERY_PENDING'],
    ['no refresh token', { holdsToken: false }, both, { refreshToken: null }, 'DELIVERY_PENDING'],
  ])('%s is not handed over, and nothing is held against the receiver', async (_, given, set, more, code) => {
    const { deliver, run, taken } = deliveries()
    await account(run, given, set, more)
    for (const mode of ['due', 'named', 'again'] as const)
      expect(await deliver(mode)).toMatchObject({ outcome: 'waiting', error: { code } })
    expect(taken).toEqual([])
    expect((await run.stored('ebay:main')).header.delivery?.failing).toBeNull()
  })

  it('an access token that lives is handed over though the refresh token is refused', async () => {
    const { deliver, run } = deliveries()
    await account(run, { refused: { code: 'GRANT_REJECTED', at: NOW } })
    expect(await deliver()).toMatchObject({ outcome: 'delivered' })
  })

  it('a refresh token needs no access token', async () => {
    const { deliver, run } = deliveries()
    await account(run, { accessExpiresAt: NOW - DAY }, { tokens: ['refresh'] })
    expect(await deliver()).toMatchObject({ outcome: 'delivered' })
  })
})

describe('what changes meanwhile', () => {
  it('a renewal: the newer token is still to be delivered', async () => {
    const { deliver, run, taken } = deliveries(async ({ stored }) => {
      if (stored.header.generation !== 3) return
      const now = await run.stored('ebay:main')
      await run.vault.saveAccount(
        { header: { ...now.header, generation: 4 }, secrets: now.secrets },
        now.revision,
      )
    })
    await account(run)
    expect(await deliver()).toMatchObject({ outcome: 'delivered' })
    expect((await run.stored('ebay:main')).header).toMatchObject({
      generation: 4,
      delivery: { deliveredGeneration: 3 },
    })
    expect(await deliver()).toMatchObject({ outcome: 'delivered' })
    expect(taken.map(({ stored }) => stored.header.generation)).toEqual([3, 4])
  })

  it.each<[what: string, next: Delivery | null]>([
    ['it is set up anew', delivery({ setAt: NOW, target: 'other.example.com' })],
    ['it is taken away', null],
  ])('%s: what became of the old one is not written to it', async (_, next) => {
    const { deliver, run } = deliveries(async () => {
      const now = await run.stored('ebay:main')
      await run.vault.saveAccount(
        { header: { ...now.header, delivery: next }, secrets: { ...now.secrets, delivery: next && WAY } },
        now.revision,
      )
    })
    await account(run)
    expect(await deliver()).toMatchObject({ outcome: 'delivered' })
    expect((await run.stored('ebay:main')).header.delivery).toEqual(next)
  })

  it('the account is removed: nothing comes back', async () => {
    const { deliver, run } = deliveries(async () => {
      await run.vault.removeAccount(MAIN, (await run.stored('ebay:main')).revision)
    })
    await account(run)
    expect(await deliver()).toMatchObject({ outcome: 'delivered', header: null })
    await expect(run.stored('ebay:main')).rejects.toThrow('not stored')
  })

  it('it was removed before, or never handed anything on', async () => {
    const { deliver, run, taken } = deliveries()
    expect(await deliver()).toMatchObject({ outcome: 'already', header: null })
    await account(run, { delivery: null }, {}, { delivery: null })
    expect(await deliver()).toMatchObject({ outcome: 'already', header: { account: 'ebay:main' } })
    expect(taken).toEqual([])
  })
})

describe('the vault', () => {
  it('fails when it is remembered: it is said that it arrived, and it is delivered again, as the same', async () => {
    const { deliver, run, taken } = deliveries()
    await account(run)
    run.vault.failures.push(new TokenctlError('WRITE_FAILED', 'The disk is full.'))
    const result = await deliver()
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'WRITE_FAILED' } })
    expect(result.error?.message).toBe(
      'hooks.example.com took it, but that could not be written down: The disk is full.',
    )
    expect(await deliver()).toMatchObject({ outcome: 'delivered' })
    expect(taken.map(({ stored, again }) => [stored.header.generation, again])).toEqual([
      [3, null],
      [3, null],
    ])
  })

  it('holds no way: it says so, and how to mend it', async () => {
    const { deliver, run } = deliveries()
    await account(run, {}, {}, { delivery: null })
    const { outcome, error } = await deliver()
    expect([outcome, error?.code]).toEqual(['failed', 'RECORD_UNREADABLE'])
    expect(error?.fix).toContain('tokenctl accounts deliver-to --help')
  })

  it('a lock that is held fails this account alone', async () => {
    const { ports, run } = deliveries()
    await account(run)
    const locks = { hold: () => Promise.reject(new TokenctlError('LOCK_HELD', 'held')) }
    expect(await deliverOne(MAIN, 'due', { ...ports, locks })).toMatchObject({
      outcome: 'failed',
      error: { code: 'LOCK_HELD' },
      header: null,
    })
  })
})

it('whatever happens, in the end the newest token is there, and each was handed over at least once', async () => {
  const event = fc.constantFrom('renew', 'deliver', 'down', 'killed', 'write fails', 'named', 'again')
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 25 }), async events => {
      let doing = ''
      const received: number[] = []
      const { deliver, run } = deliveries(({ stored }) => {
        if (doing === 'down') throw failed('DELIVERY_PENDING')
        received.push(stored.header.generation)
      })
      await account(run, { accessExpiresAt: NOW + 400 * DAY })
      for (doing of events) {
        run.clock.advance(7 * HOUR)
        const now = await run.stored('ebay:main')
        if (doing === 'renew')
          await run.vault.saveAccount(
            { header: { ...now.header, generation: now.header.generation + 1 }, secrets: now.secrets },
            now.revision,
          )
        // Killed between the receiver's yes and our own note: the same as a note that cannot be written.
        if (doing === 'killed' || doing === 'write fails')
          run.vault.failures.push(new TokenctlError('WRITE_FAILED', 'no'))
        if (doing !== 'renew') await deliver(doing === 'named' || doing === 'again' ? doing : 'due')
        run.vault.failures.length = 0
      }
      doing = ''
      run.clock.advance(7 * HOUR)
      await deliver()
      const { header } = await run.stored('ebay:main')
      expect(header.delivery?.deliveredGeneration).toBe(header.generation)
      expect(received.at(-1)).toBe(header.generation)
      // Never backwards: no older token after a newer one.
      expect(received).toEqual([...received].sort((a, b) => a - b))
      expect(run.held.now).toBe(0)
    }),
    { numRuns: 150 },
  )
})

describe('many', () => {
  async function many(
    run: ScriptedRun,
    targets: readonly string[],
    failingOf: (index: number) => Delivery['failing'] = () => null,
  ) {
    const all = []
    for (const [index, target] of targets.entries()) {
      const name = `ebay:a${index}`
      const given = { ...GOOD, delivery: delivery({ target, failing: failingOf(index) }) }
      const header = await run.add(name, given, { accessToken: new Secret(`access-${index}`), delivery: WAY })
      all.push({ account: { marketplace: 'ebay', name: parseAccount(name).name ?? '' }, header })
    }
    return all
  }

  it('one that fails stops no other', async () => {
    const { run, ports } = deliveries(({ stored }) => {
      if (stored.header.account === 'ebay:a1') throw failed('DELIVERY_PENDING')
    })
    const results = await deliverAll(await many(run, ['a', 'a', 'a', 'a']), { mode: 'due' }, ports)
    expect(results.map(({ outcome }) => outcome)).toEqual(['delivered', 'failed', 'delivered', 'delivered'])
  })

  it('a receiver that is down is not waited for by a hundred; another one is served', async () => {
    let asked = 0
    const { run, ports } = deliveries(({ delivery: { target } }) => {
      if (target !== 'down') return
      asked += 1
      throw failed('DELIVERY_PENDING')
    })
    const targets = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'down' : 'up'))
    const results = await deliverAll(await many(run, targets), { mode: 'due' }, ports)
    const of = (target: string) =>
      results.filter((_, index) => targets[index] === target).map(({ outcome }) => outcome)
    expect(new Set(of('up'))).toEqual(new Set(['delivered']))
    expect(asked).toBeLessThanOrEqual(5)
    expect(of('down').filter(outcome => outcome === 'failed')).toHaveLength(asked)
    expect(of('down').filter(outcome => outcome === 'waiting')).toHaveLength(50 - asked)
    // What was not tried counts as no failure of its own.
    expect((await run.stored('ebay:a98')).header.delivery?.failing).toBeNull()
  })

  it('two that always fail hold back none behind them on the same host, in whatever order they come', async () => {
    const failing = {
      code: 'DELIVERY_PENDING',
      count: 3,
      since: NOW - DAY,
      lastAt: NOW - DAY,
      notBefore: null,
    }
    const bad = ['ebay:a0', 'ebay:a1']
    const { run, ports } = deliveries(({ stored }) => {
      if (bad.includes(stored.header.account)) throw failed('DELIVERY_PENDING')
    })
    const candidates = await many(run, Array(12).fill('shared'), index => (index < 2 ? failing : null))
    const results = await deliverAll(candidates, { mode: 'due' }, ports)
    expect(results.map(({ account }) => account.name)).toEqual(Array.from({ length: 12 }, (_, n) => `a${n}`))
    expect(results.map(({ outcome }) => outcome)).toEqual([
      'failed',
      'failed',
      ...Array<string>(10).fill('delivered'),
    ])
    const handed = run.log.filter(line => line.startsWith('hand over'))
    expect(handed.slice(-2)).toEqual(['hand over ebay:a0', 'hand over ebay:a1'])
  })

  it.each(['named', 'again'] as const)('what a person asked for is tried, each of it: %s', async mode => {
    const { run, ports } = deliveries(() => Promise.reject(failed('DELIVERY_PENDING')))
    const results = await deliverAll(await many(run, Array(12).fill('down')), { mode }, ports)
    expect(results.map(({ outcome }) => outcome)).toEqual(Array(12).fill('failed'))
  })

  it('one refusal is the account’s own: the others are tried', async () => {
    const { run, ports } = deliveries(() => Promise.reject(failed('DELIVERY_FAILED')))
    const results = await deliverAll(await many(run, Array(8).fill('a')), { mode: 'due' }, ports)
    expect(results.every(({ outcome }) => outcome === 'failed')).toBe(true)
  })

  it('stopped: what is open is finished, nothing else is begun', async () => {
    const stop = new AbortController()
    const { run, ports } = deliveries(() => stop.abort())
    const results = await deliverAll(
      await many(run, Array(20).fill('a')),
      { mode: 'due', stop: stop.signal },
      ports,
    )
    expect(results.length).toBeLessThanOrEqual(4)
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['delivered']))
  })

  it('none is none', async () => {
    const { ports } = deliveries()
    expect(await deliverAll([], { mode: 'due' }, ports)).toEqual([])
  })
})
