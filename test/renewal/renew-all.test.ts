import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { askAgainAt } from '../../src/renewal/back-off.ts'
import { planFor } from '../../src/renewal/plan.ts'
import type { RenewResult } from '../../src/renewal/ports.ts'
import { type Candidate, type RenewAllOptions, renewAll } from '../../src/renewal/renew-all.ts'
import { formatAccount, parseAccount } from '../../src/tokens/account.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR, MINUTE } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, header, issued } from '../support/accounts.ts'
import { type Answer, type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY
const yes = issued({ accessExpiresAt: NOW + HOUR })
const DUE = { consentAt: ago(100), renewedAt: ago(93) }
const OK = { consentAt: ago(100), renewedAt: ago(1) }

const candidate = (it: AccountHeader): Candidate => {
  const { marketplace, name } = parseAccount(it.account)
  return { account: { marketplace, name: name ?? '' }, header: it }
}

/** Accounts `ebay:a0`, `ebay:a1`, …, stored one after the other, each with a token of its own name. */
async function many(
  run: ScriptedRun,
  count: number,
  given: Partial<AccountHeader> = DUE,
): Promise<Candidate[]> {
  const all: Candidate[] = []
  for (let index = 0; index < count; index += 1) {
    const stored = await run.add(`ebay:a${index}`, given, { refreshToken: new Secret(`token-${index}`) })
    all.push(candidate(stored))
  }
  return all
}

const named = (results: readonly RenewResult[]) =>
  results.map(({ account, outcome, error }) => `${formatAccount(account)} ${error?.code ?? outcome}`)

const options = (changes: Partial<RenewAllOptions> = {}): RenewAllOptions => ({
  mode: 'named',
  concurrency: 4,
  ...changes,
})

describe('one account that fails never stops the others', () => {
  const answer: Answer = token => {
    if (token === 'token-1') throw new TokenctlError('GRANT_REJECTED', 'no', { failure: 'permanent' })
    if (token === 'token-2') return new TypeError('a fault of ours')
    if (token === 'token-3') return new TokenctlError('NETWORK_FAILED', 'no', { failure: 'ambiguous' })
    return yes
  }

  test.each([1, 2, 5, 100])('with %d at a time', async concurrency => {
    const run = scriptedRun({ answer })
    const results = await renewAll(await many(run, 5), options({ concurrency }), run.ports)
    expect(named(results)).toEqual([
      'ebay:a0 renewed',
      'ebay:a1 GRANT_REJECTED',
      'ebay:a2 BUG',
      'ebay:a3 NETWORK_FAILED',
      'ebay:a4 renewed',
    ])
  })

  test('nor does a marketplace that nobody knows any more', async () => {
    const run = scriptedRun({ answer })
    const [known] = await many(run, 1)
    const stranger = candidate(header({ account: 'etsy:main', ...DUE }))
    const adapterOf = (id: string) => {
      if (id === 'etsy') throw new TokenctlError('MARKETPLACE_UNKNOWN', 'etsy is no marketplace.')
      return run.ports.adapterOf(id)
    }
    const all = known === undefined ? [] : [stranger, known]
    const results = await renewAll(all, options(), { ...run.ports, adapterOf })
    expect(named(results)).toEqual(['etsy:main MARKETPLACE_UNKNOWN', 'ebay:a0 renewed'])
    expect(results[0]).toMatchObject({
      outcome: 'failed',
      header: { account: 'etsy:main' },
      assessment: null,
    })
  })

  test('nor an account that was removed meanwhile, nor a lock that is held', async () => {
    const run = scriptedRun({ answer })
    const all = await many(run, 2)
    const locks = {
      hold: <T>(name: string, work: () => Promise<T>): Promise<T> =>
        name === 'ebay:a0'
          ? Promise.reject(new TokenctlError('LOCK_HELD', 'held'))
          : run.ports.locks.hold(name, work),
    }
    const gone = candidate(header({ account: 'ebay:gone', ...DUE }))
    const results = await renewAll([gone, ...all], options(), { ...run.ports, locks })
    expect(named(results)).toEqual([
      'ebay:gone ACCOUNT_UNKNOWN',
      'ebay:a0 LOCK_HELD',
      'ebay:a1 GRANT_REJECTED',
    ])
  })

  test('a store that fails throughout fails each account, and nothing is thrown', async () => {
    const run = scriptedRun({ answer })
    const all = await many(run, 3)
    // Three tries for each of the two whose answers there are to store.
    run.vault.failures.push(
      ...Array.from({ length: 6 }, () => new TokenctlError('WRITE_FAILED', 'The disk is full.')),
    )
    const results = await renewAll(all, options({ concurrency: 1 }), run.ports)
    expect(named(results)).toEqual(['ebay:a0 WRITE_FAILED', 'ebay:a1 WRITE_FAILED', 'ebay:a2 BUG'])
  })
})

describe('a run that is stopped', () => {
  test('finishes what is open, and begins nothing else', async () => {
    const stop = new AbortController()
    const run = scriptedRun({
      answer: () => {
        stop.abort()
        return yes
      },
    })
    const results = await renewAll(
      await many(run, 3),
      options({ concurrency: 1, stop: stop.signal }),
      run.ports,
    )
    expect(named(results)).toEqual(['ebay:a0 renewed'])
    expect((await run.stored('ebay:a0')).header.renewedAt).not.toBeNull()
  })
})

describe('how many at a time', () => {
  test('never more than was said, and as many as that', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 20 }),
        async (concurrency, count) => {
          let onTheWay = 0
          let most = 0
          const run = scriptedRun({
            answer: async () => {
              onTheWay += 1
              most = Math.max(most, onTheWay)
              // The others get their turn; no time passes.
              for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
              await new Promise(done => setImmediate(done))
              onTheWay -= 1
              return yes
            },
          })
          const results = await renewAll(await many(run, count), options({ concurrency }), run.ports)
          expect(results).toHaveLength(count)
          expect(most).toBeLessThanOrEqual(concurrency)
          expect(run.held.most).toBe(Math.min(concurrency, count))
          expect(run.held.now).toBe(0)
        },
      ),
      { numRuns: 30 },
    )
  })

  test.each([0, -1, Number.POSITIVE_INFINITY, 100_000])(
    '%d is brought between one and all',
    async concurrency => {
      const run = scriptedRun({ answer: () => yes })
      expect(await renewAll(await many(run, 3), options({ concurrency }), run.ports)).toHaveLength(3)
    },
  )

  test('a slow account holds up nobody but its own place', async () => {
    let release = () => {}
    const slow = new Promise<void>(done => {
      release = done
    })
    const run = scriptedRun({
      answer: async token => {
        if (token === 'token-0') await slow
        return yes
      },
    })
    const done: string[] = []
    const finished = renewAll(
      await many(run, 4),
      options({
        concurrency: 2,
        onDone: ({ account }) => {
          done.push(account.name)
          if (done.length === 3) release()
        },
      }),
      run.ports,
    )
    expect(named(await finished)).toHaveLength(4)
    expect(done).toEqual(['a1', 'a2', 'a3', 'a0'])
  })
})

describe('the results', () => {
  test('come in the order of the candidates, and are told as they are done', async () => {
    const run = scriptedRun({ answer: () => yes })
    const told: RenewResult[] = []
    const results = await renewAll(
      await many(run, 10),
      options({ concurrency: 3, onDone: result => told.push(result) }),
      run.ports,
    )
    expect(results.map(({ account }) => account.name)).toEqual(
      Array.from({ length: 10 }, (_, index) => `a${index}`),
    )
    expect(new Set(told)).toEqual(new Set(results))
  })

  test('of nothing are none', async () => {
    const run = scriptedRun({ answer: () => yes })
    expect(await renewAll([], options(), run.ports)).toEqual([])
  })
})

describe('two accounts with one token, as a rename that was cut off leaves them', () => {
  test.each([
    ['strict', ['aliexpress:a RECORD_UNREADABLE', 'aliexpress:b RECORD_UNREADABLE']],
    ['none', ['aliexpress:a renewed', 'aliexpress:b renewed']],
  ] as const)(
    'are not asked about where the token is replaced at each use (%s)',
    async (rotation, expected) => {
      const run = scriptedRun({ answer: () => yes, adapter: { rotation } })
      const all = [candidate(await run.add('aliexpress:a', OK)), candidate(await run.add('aliexpress:b', OK))]
      await run.vault.listing()
      expect(named(await renewAll(all, options(), run.ports))).toEqual(expected)
      expect(run.vault.warnings()).toEqual([
        expect.stringContaining('aliexpress:a and aliexpress:b hold the same token'),
      ])
    },
  )
})

describe('--due over a mixed shop', () => {
  async function mixed(run: ScriptedRun): Promise<Candidate[]> {
    const accounts: readonly (readonly [string, Partial<AccountHeader>])[] = [
      ['ebay:in-time', OK],
      ['ebay:due', DUE],
      ['ebay:tracked', { ...DUE, holdsToken: false }],
      ['amazon:due', DUE],
      ['amazon:asked', { ...DUE, acceptedAt: ago(5) }],
      ['aliexpress:estimated', { consentAt: ago(10), renewedAt: ago(10) }],
      [
        'aliexpress:awaited',
        { ...OK, endsAt: NOW + 40 * DAY, presentedAt: ago(1), accessExpiresAt: NOW + HOUR },
      ],
    ]
    const all: Candidate[] = []
    for (const [account, given] of accounts) all.push(candidate(await run.add(account, given)))
    run.log.length = 0
    return all
  }

  const answer: Answer = () => ({ ...yes, endsAt: NOW + 300 * DAY })

  test('asks what is due, tells what needs a person or has to wait, leaves out the rest', async () => {
    const run = scriptedRun({ answer })
    const results = await renewAll(await mixed(run), options({ mode: 'due', concurrency: 1 }), run.ports)
    expect(named(results)).toEqual([
      'ebay:due renewed',
      'ebay:tracked needs-person',
      'amazon:due needs-person',
      'amazon:asked needs-person',
      'aliexpress:estimated renewed',
      'aliexpress:awaited NETWORK_FAILED',
    ])
    expect(run.log.filter(line => line.startsWith('lock'))).toEqual([
      'lock ebay:due',
      'lock amazon:due',
      'lock aliexpress:estimated',
    ])
  })

  test('a second run asks nobody again, and says again who needs a person', async () => {
    const run = scriptedRun({ answer })
    const all = await mixed(run)
    await renewAll(all, options({ mode: 'due' }), run.ports)
    const again: Candidate[] = []
    for (const { account } of all) again.push(candidate((await run.stored(formatAccount(account))).header))
    run.log.length = 0
    const results = await renewAll(again, options({ mode: 'due' }), run.ports)
    expect(named(results)).toEqual([
      'ebay:tracked needs-person',
      'amazon:due needs-person',
      'amazon:asked needs-person',
      'aliexpress:awaited NETWORK_FAILED',
    ])
    expect(run.log).toEqual([])
  })

  test('named, all of them are asked but the tracked one', async () => {
    const run = scriptedRun({ answer })
    const results = await renewAll(await mixed(run), options(), run.ports)
    expect(named(results)).toEqual([
      'ebay:in-time renewed',
      'ebay:due renewed',
      'ebay:tracked needs-person',
      'amazon:due proved',
      'amazon:asked proved',
      'aliexpress:estimated renewed',
      'aliexpress:awaited renewed',
    ])
  })

  test('a person who is needed is told of with both clocks', async () => {
    const run = scriptedRun({ answer })
    const [tracked] = await renewAll(
      [candidate(header({ ...DUE, account: 'ebay:tracked', holdsToken: false }))],
      options({ mode: 'due' }),
      run.ports,
    )
    expect(tracked).toMatchObject({
      outcome: 'needs-person',
      error: null,
      assessment: { state: 'due', mender: 'person' },
    })
  })
})

describe('an account that fails again and again', () => {
  const failing = { code: 'MARKETPLACE_DOWN', count: 7, since: ago(1), notBefore: null }
  const held = {
    ...DUE,
    failing,
    lastAttempt: { at: NOW - HOUR, outcome: 'failed', code: 'MARKETPLACE_DOWN' },
  } as const

  test('--due: is not asked, and fails with its last code, the reason and the time', async () => {
    const run = scriptedRun({ answer: () => yes })
    const results = await renewAll(await many(run, 1, held), options({ mode: 'due' }), run.ports)
    expect(run.log).toEqual([])
    expect(results).toMatchObject([
      {
        outcome: 'failed',
        error: { code: 'MARKETPLACE_DOWN', exit: 4, account: 'ebay:a0' },
        header: { failing },
        assessment: { state: 'due' },
        waitsUntil: askAgainAt({ account: 'ebay:a0', ...held }, NOW),
      },
    ])
  })

  test('named: is asked, and begins anew once it succeeds', async () => {
    const run = scriptedRun({ answer: () => yes })
    const results = await renewAll(await many(run, 1, held), options(), run.ports)
    expect(results).toMatchObject([{ outcome: 'renewed', header: { failing: null } }])
  })

  /** In which of the runs it was asked, where one begins every so many hours and reaches the account some minutes later. */
  async function runsThatAsked(every: number, runs: number): Promise<number[]> {
    const asked: number[] = []
    let run = 0
    const down = new TokenctlError('MARKETPLACE_DOWN', 'down', { failure: 'transient' })
    const world = scriptedRun({
      answer: () => {
        asked.push(run)
        return down
      },
    })
    await many(world, 1)
    for (; run < runs; run += 1) {
      // Every second run is quicker on its way than the one before it.
      const minutes = every * (run % 2 === 0 ? 4 : 1)
      world.clock.advance(NOW + run * every * HOUR + minutes * MINUTE - world.clock.now())
      const stored = await world.stored('ebay:a0')
      await renewAll([candidate(stored.header)], options({ mode: 'due' }), world.ports)
    }
    return [...new Set(asked)]
  }

  test('an hourly run: asked five times in five hours, and then ever more rarely', async () => {
    expect(await runsThatAsked(1, 48)).toEqual([0, 1, 2, 3, 4, 5, 7, 11, 16, 21, 26, 31, 36, 41, 46])
  })

  test('a run every six hours asks each time', async () => {
    expect(await runsThatAsked(6, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })
})

describe('a daily quota', () => {
  /** Counts what is sent, as the counts of the state folder do. */
  function limited(limit: number) {
    let used = 0
    const run = scriptedRun({
      answer: () => {
        used += 1
        return yes
      },
      adapter: { refreshesADay: limit },
    })
    return { run, ports: { ...run.ports, quota: { left: () => Math.max(0, limit - used), used: () => {} } } }
  }

  test('that is too small: those whose consent ends first are asked, the rest come out as RATE_LIMITED', async () => {
    const { run, ports } = limited(2)
    const all: Candidate[] = []
    for (const [index, age] of [100, 300, 200, 310].entries()) {
      const given = { consentAt: ago(age), renewedAt: ago(93) }
      all.push(
        candidate(await run.add(`ebay:a${index}`, given, { refreshToken: new Secret(`token-${index}`) })),
      )
    }
    const results = await renewAll(all, options({ mode: 'due', concurrency: 1 }), ports)
    expect(named(results)).toEqual([
      'ebay:a0 RATE_LIMITED',
      'ebay:a1 renewed',
      'ebay:a2 RATE_LIMITED',
      'ebay:a3 renewed',
    ])
    expect(results[0]?.assessment?.state).toBe('due')
  })

  test('that is used up: one account that is named is asked all the same, by --due it is not', async () => {
    const { run, ports } = limited(0)
    const all = await many(run, 1)
    expect(named(await renewAll(all, options({ mode: 'due' }), ports))).toEqual(['ebay:a0 RATE_LIMITED'])
    expect(named(await renewAll(all, options(), ports))).toEqual(['ebay:a0 renewed'])
  })

  test('that is used up: several that are named are not', async () => {
    const { run, ports } = limited(0)
    const results = await renewAll(await many(run, 2), options(), ports)
    expect(named(results)).toEqual(['ebay:a0 RATE_LIMITED', 'ebay:a1 RATE_LIMITED'])
  })
})

test('two runs at once renew each account once', async () => {
  // A lock as the kernel's: one holder for each name, the next one waits.
  const tails = new Map<string, Promise<unknown>>()
  const locks = {
    hold: <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const next = (tails.get(name) ?? Promise.resolve()).then(work)
      tails.set(
        name,
        next.catch(() => {}),
      )
      return next
    },
  }
  const sent: string[] = []
  const run = scriptedRun({
    answer: token => {
      sent.push(token)
      return yes
    },
  })
  const all = await many(run, 6)
  const both = [1, 2].map(() => renewAll(all, options({ mode: 'due' }), { ...run.ports, locks }))
  const outcomes = (await Promise.all(both)).flat().map(({ outcome }) => outcome)
  expect(sent.sort()).toEqual(all.map((_, index) => `token-${index}`))
  expect(outcomes.filter(outcome => outcome === 'renewed')).toHaveLength(6)
  expect(outcomes.filter(outcome => outcome === 'fresh')).toHaveLength(6)
})

test('the plan can be had from here, for a dry run', () => {
  const run = scriptedRun({ answer: () => yes })
  const adapter = run.ports.adapterOf('ebay')
  expect(planFor(header(OK), 'due', adapter, run.ports.policyOf(adapter), NOW)).toBe('leave')
})
