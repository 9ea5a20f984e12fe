import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ErrorCode,
  type FailureClass,
  TokenctlError,
  type TokenctlErrorOptions,
} from '../../src/errors.ts'
import type { Exchange, RefreshInput, Rotation } from '../../src/marketplaces/adapter.ts'
import type { HttpResponse } from '../../src/platform/http.ts'
import { answerLost, pauseBefore, sendExchange } from '../../src/renewal/send.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { at, issued } from '../support/accounts.ts'
import { fakeClock } from '../support/clock.ts'

const BEGUN = at('2026-11-22T10:00:00Z')
const ROTATIONS: readonly Rotation[] = ['none', 'grace', 'strict', 'unknown']
const CLASSES: readonly FailureClass[] = ['permanent', 'configuration', 'transient', 'ambiguous']
/** The usual code of each class. */
const CODES: Readonly<Record<FailureClass, ErrorCode>> = {
  permanent: 'GRANT_REJECTED',
  configuration: 'CLIENT_REJECTED',
  transient: 'RATE_LIMITED',
  ambiguous: 'NETWORK_FAILED',
}

const fault = (failure: FailureClass, options: TokenctlErrorOptions = {}) =>
  new TokenctlError(CODES[failure], `It is ${failure}.`, { failure, ...options })

type Step = { readonly takesMs?: number } & ({ readonly fails: unknown } | { readonly succeeds: true })
const fails = (error: unknown, takesMs = 0): Step => ({ fails: error, takesMs })
const OK: Step = { succeeds: true }

/** A journal that nobody looks at. */
const KEEPING = { wasLost: false, reply: async () => {}, loss: async () => {} }

/** Runs an exchange whose tries end as scripted; more tries than steps fail the test. */
async function run(steps: readonly Step[], rotation: Rotation, random = 1 - Number.EPSILON, wasLost = false) {
  const clock = fakeClock(BEGUN)
  const told: { readonly ms: number; readonly because: TokenctlError }[] = []
  const sentAt: number[] = []
  let losses = 0
  const kept: { readonly response: HttpResponse; readonly at: number }[] = []
  const signedAt: number[] = []
  const exchange: Exchange<RefreshInput> = {
    request: ({ now, refreshToken }) => {
      signedAt.push(now)
      return { method: 'POST', url: 'https://example.test/token', headers: {}, body: refreshToken.reveal() }
    },
    read: (_, { now }) => issued({ accessExpiresAt: now + 1000 }),
  }
  const http = {
    send: async () => {
      const step = steps[sentAt.length]
      if (step === undefined) throw new Error('sent more often than the test foresaw')
      sentAt.push(clock.now() - BEGUN)
      clock.advance(step.takesMs ?? 0)
      if ('fails' in step) throw step.fails
      return { status: 200, headers: {}, body: '' }
    },
  }
  const input = { app: {}, refreshToken: new Secret('token'), now: BEGUN, origin: 'https://example.test' }
  const ports = {
    http,
    clock,
    random: () => random,
    onPause: (ms: number, because: TokenctlError) => told.push({ ms, because }),
  }
  const keeping = {
    wasLost,
    reply: async (response: HttpResponse, at: number) => {
      kept.push({ response, at: at - BEGUN })
    },
    loss: async () => {
      losses += 1
    },
  }
  const outcome = await sendExchange(exchange, input, rotation, ports, keeping).then(
    value => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  )
  return { ...outcome, sentAt, signedAt, slept: clock.slept, told, kept, losses }
}

describe('which failures are repeated, and how often', () => {
  // Tries in all, when every one of them fails the same way.
  const TRIES: Readonly<Record<FailureClass, Readonly<Record<Rotation, number>>>> = {
    permanent: { none: 1, grace: 1, strict: 1, unknown: 1 },
    configuration: { none: 1, grace: 1, strict: 1, unknown: 1 },
    transient: { none: 3, grace: 3, strict: 3, unknown: 3 },
    ambiguous: { none: 3, grace: 2, strict: 1, unknown: 2 },
  }

  test.each(
    CLASSES.flatMap(failure =>
      ROTATIONS.map(rotation => [failure, rotation, TRIES[failure][rotation]] as const),
    ),
  )('%s, rotation %s: %d in all, then the failure itself', async (failure, rotation, tries) => {
    const error = fault(failure)
    const result = await run(
      Array.from({ length: tries }, () => fails(error)),
      rotation,
    )
    expect(result.sentAt).toHaveLength(tries)
    expect(result.error).toMatchObject({ code: CODES[failure], failure, message: error.message })
  })

  test('a failure that says nothing of the token is not repeated', async () => {
    const error = new TokenctlError('BUG', 'The vendor calls our request malformed.')
    expect((await run([fails(error)], 'none')).error).toBe(error)
  })

  test('what is not ours is passed on as it is', async () => {
    const error = new TypeError('a fault in an adapter')
    expect((await run([fails(error)], 'none')).error).toBe(error)
    expect((await run([fails(fault('ambiguous')), fails(error)], 'unknown')).error).toBe(error)
  })

  test('nobody need be there to be told of a pause', async () => {
    const answers = [
      () => Promise.reject(fault('transient')),
      async () => ({ status: 200, headers: {}, body: '' }),
    ]
    const http = { send: () => answers.shift()?.() ?? Promise.reject(new Error('once too often')) }
    const exchange = {
      request: () => ({ method: 'POST' as const, url: 'https://example.test', headers: {}, body: '' }),
      read: () => issued({ accessExpiresAt: 1 }),
    }
    const input = { app: {}, refreshToken: new Secret('token'), now: BEGUN, origin: 'https://example.test' }
    const ports = { http, clock: fakeClock(BEGUN), random: () => 0 }
    const sent = sendExchange(exchange, input, 'none', ports, KEEPING)
    await expect(sent).resolves.toMatchObject({ accessExpiresAt: 1 })
  })

  test.each(ROTATIONS)('the answer ends it (rotation %s)', async rotation => {
    const result = await run([OK], rotation)
    expect(result.value?.accessExpiresAt).toBe(BEGUN + 1000)
    expect(result.slept).toEqual([])
  })

  test.each(ROTATIONS)('so does the answer to a later try (rotation %s)', async rotation => {
    const result = await run([fails(fault('transient')), fails(fault('transient')), OK], rotation)
    expect(result.value).toBeDefined()
    expect(result.sentAt).toHaveLength(3)
  })

  test('a request that cannot be made is not sent', async () => {
    const clock = fakeClock(BEGUN)
    const error = new TokenctlError('USAGE', 'The app keys lack a field.')
    const exchange = {
      request: () => {
        throw error
      },
      read: () => issued({ accessExpiresAt: 0 }),
    }
    const http = { send: () => Promise.reject(new Error('must not be sent')) }
    const input = { app: {}, refreshToken: new Secret('token'), now: BEGUN, origin: 'https://example.test' }
    const ports = { http, clock, random: () => 0 }
    await expect(sendExchange(exchange, input, 'none', ports, KEEPING)).rejects.toBe(error)
  })
})

describe('what the journal is told', () => {
  test('each answer with the time of its question, and each question that had none', async () => {
    const steps = [fails(fault('ambiguous'), 10), fails(fault('transient'), 10), OK]
    const result = await run(steps, 'none', 0)
    expect(result.losses).toBe(1)
    expect(result.kept).toMatchObject([{ at: 20, response: { status: 200 } }])
  })

  test('no loss where the question never left, or where an answer came', async () => {
    expect((await run([fails(fault('transient')), OK], 'strict', 0)).losses).toBe(0)
    expect((await run([fails(fault('permanent'))], 'strict', 0)).losses).toBe(0)
    let losses = 0
    const loss = async () => {
      losses += 1
    }
    const exchange: Exchange<RefreshInput> = {
      request: () => ({ method: 'POST', url: 'https://example.test/token', headers: {}, body: '' }),
      read: () => {
        throw fault('ambiguous')
      },
    }
    const http = { send: async () => ({ status: 200, headers: {}, body: 'a page' }) }
    const input = { app: {}, refreshToken: new Secret('token'), now: BEGUN, origin: 'https://example.test' }
    const ports = { http, clock: fakeClock(BEGUN), random: () => 0 }
    const sent = sendExchange(exchange, input, 'strict', ports, { ...KEEPING, loss })
    await expect(sent).rejects.toMatchObject({ failure: 'ambiguous' })
    expect(losses).toBe(0)
  })

  test.each(['grace', 'unknown'] as const)(
    'a lost answer of an earlier run is asked for once (%s)',
    async rotation => {
      const result = await run([fails(fault('ambiguous'))], rotation, 0, true)
      expect(result.sentAt).toHaveLength(1)
      expect(result.error).toMatchObject({ failure: 'ambiguous' })
    },
  )

  test('a refusal then is a lost answer', async () => {
    expect((await run([fails(fault('permanent'))], 'strict', 0, true)).error).toMatchObject({
      code: 'ANSWER_LOST',
    })
  })

  test.each(['grace', 'unknown'] as const)(
    'an answer that broke off is a lost one, and asked for again (%s)',
    async rotation => {
      const exchange: Exchange<RefreshInput> = {
        request: () => ({ method: 'POST', url: 'https://example.test/token', headers: {}, body: '' }),
        read: () => issued({ accessExpiresAt: 1 }),
      }
      const cut = fault('ambiguous')
      const answers: HttpResponse[] = [
        { status: 200, headers: {}, body: '{"refresh_token', cut },
        { status: 200, headers: {}, body: '' },
      ]
      const http = { send: async () => answers.shift() ?? Promise.reject(new Error('once too often')) }
      const input = { app: {}, refreshToken: new Secret('token'), now: BEGUN, origin: 'https://example.test' }
      const ports = { http, clock: fakeClock(BEGUN), random: () => 0 }
      const sent = sendExchange(exchange, input, rotation, ports, KEEPING)
      await expect(sent).resolves.toMatchObject({ accessExpiresAt: 1 })
    },
  )

  test.each([
    ['grace', 1],
    ['unknown', 1],
    ['strict', 1],
    ['none', 3],
  ] as const)(
    'an answer that nobody can read and that may hold the token ends the asking (%s)',
    async (rotation, times) => {
      let asked = 0
      const exchange: Exchange<RefreshInput> = {
        request: () => ({ method: 'POST', url: 'https://example.test/token', headers: {}, body: '' }),
        read: () => {
          throw fault('ambiguous')
        },
      }
      const http = {
        send: async () => {
          asked += 1
          return { status: 200, headers: {}, body: '{"new_token":1}' }
        },
      }
      const input = { app: {}, refreshToken: new Secret('token'), now: BEGUN, origin: 'https://example.test' }
      const ports = { http, clock: fakeClock(BEGUN), random: () => 0 }
      await expect(sendExchange(exchange, input, rotation, ports, KEEPING)).rejects.toMatchObject({
        failure: 'ambiguous',
      })
      expect(asked).toBe(times)
    },
  )
})

describe('the pauses', () => {
  test('have full jitter: from nothing to half a second, then to a whole one', async () => {
    const steps = [fails(fault('transient')), fails(fault('transient')), OK]
    expect((await run(steps, 'none', 0)).slept).toEqual([0, 0])
    expect((await run(steps, 'none', 0.5)).slept).toEqual([250, 500])
    expect((await run(steps, 'none')).slept).toEqual([500, 1000])
  })

  test('are told before they begin, with their reason', async () => {
    const error = fault('transient')
    const { told } = await run([fails(error), OK], 'none', 0.5)
    expect(told).toEqual([{ ms: 250, because: error }])
  })

  test('each try is signed with its own time', async () => {
    const { signedAt } = await run(
      [fails(fault('transient'), 700), fails(fault('transient'), 100), OK],
      'none',
      0.5,
    )
    expect(signedAt.map(time => time - BEGUN)).toEqual([0, 950, 1550])
  })

  test("never are longer than the vendor's wait needs, nor shorter", async () => {
    const { slept } = await run([fails(fault('transient', { retryAfterMs: 7000 })), OK], 'none')
    expect(slept).toEqual([7000])
  })

  test('a wait shorter than the jitter changes nothing', async () => {
    const { slept } = await run([fails(fault('transient', { retryAfterMs: 10 })), OK], 'none', 0.5)
    expect(slept).toEqual([250])
  })

  test.each([
    ['negative', -5000],
    ['no number', Number.NaN],
    ['nothing', 0],
    ['minus infinity', Number.NEGATIVE_INFINITY],
  ])('a wait that is %s is none', async (_, retryAfterMs) => {
    const { slept } = await run([fails(fault('transient', { retryAfterMs })), OK], 'none', 0.5)
    expect(slept).toEqual([250])
  })
})

describe('everything ends within a minute', () => {
  test.each([
    ['just within', 60_000, 2],
    ['just past', 60_001, 1],
    ['an hour', 3_600_000, 1],
    ['for ever', Number.POSITIVE_INFINITY, 1],
  ])('a wait of %s', async (_, retryAfterMs, tries) => {
    const error = fault('transient', { retryAfterMs })
    const result = await run([fails(error), ...(tries === 2 ? [OK] : [])], 'none', 0)
    expect(result.sentAt).toHaveLength(tries)
    if (tries === 1) expect(result.error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs })
  })

  test('two waits together', async () => {
    const error = fault('transient', { retryAfterMs: 31_000 })
    const result = await run([fails(error), fails(error)], 'none')
    expect(result.sentAt).toEqual([0, 31_000])
    expect(result.error).toBe(error)
  })

  test('slow tries count too', async () => {
    const error = fault('ambiguous')
    const result = await run([fails(error, 30_000), fails(error, 30_000)], 'none', 0.5)
    expect(result.sentAt).toEqual([0, 30_250])
  })
})

describe('a lost answer of a token that rotates (reliability 1.5)', () => {
  test.each(['grace', 'unknown'] as const)(
    '%s: the replay comes at once and can win the answer back',
    async rotation => {
      const result = await run([fails(fault('ambiguous')), OK], rotation)
      expect(result.sentAt).toEqual([0, 500])
      expect(result.value).toBeDefined()
    },
  )

  test('strict: there is none, a replay would revoke the successor', async () => {
    expect((await run([fails(fault('ambiguous'))], 'strict')).sentAt).toEqual([0])
  })

  test.each([
    ['9.5 s after it was sent', 9500, 0, 2],
    ['10 s after it was sent, pause included', 9500, 1, 2],
    ['more than 10 s after it was sent', 9501, 1, 1],
    ['after a time-out of 30 s', 30_000, 0, 1],
  ])('the replay %s', async (_, takesMs, random, tries) => {
    const result = await run(
      [fails(fault('ambiguous'), takesMs), ...(tries === 2 ? [OK] : [])],
      'unknown',
      random,
    )
    expect(result.sentAt).toHaveLength(tries)
  })

  test('pauses before the loss do not use up the time of the replay', async () => {
    const throttled = fails(fault('transient', { retryAfterMs: 25_000 }))
    const result = await run([throttled, fails(fault('ambiguous')), OK], 'unknown', 0.5)
    expect(result.sentAt).toEqual([0, 25_000, 25_500])
    expect(result.value).toBeDefined()
  })

  test('a wait that the vendor asks for past that time ends it', async () => {
    const result = await run([fails(fault('ambiguous', { retryAfterMs: 11_000 }))], 'unknown')
    expect(result.sentAt).toEqual([0])
    expect(result.error).toMatchObject({ failure: 'ambiguous', retryAfterMs: 11_000 })
  })

  test('also when it asks for it at the replay', async () => {
    const throttled = fault('transient', { retryAfterMs: 30_000 })
    const result = await run([fails(fault('ambiguous')), fails(throttled)], 'unknown')
    expect(result.sentAt).toEqual([0, 500])
    expect(result.error).toMatchObject({ code: 'RATE_LIMITED', failure: 'ambiguous', retryAfterMs: 30_000 })
  })

  test('a replay that never left may be tried again', async () => {
    const result = await run([fails(fault('ambiguous')), fails(fault('transient')), OK], 'unknown')
    expect(result.value).toBeDefined()
  })

  test.each(['grace', 'unknown'] as const)(
    '%s: a refusal after it is ANSWER_LOST, not the seller',
    async rotation => {
      const refusal = fault('permanent', { requestId: 'r-1' })
      const { error } = await run([fails(fault('ambiguous')), fails(refusal)], rotation)
      expect(error).toMatchObject({ code: 'ANSWER_LOST', failure: 'permanent', requestId: 'r-1', exit: 3 })
      expect(error).toHaveProperty('cause', refusal)
    },
  )

  test('without rotation nothing was lost by it: it is asked again, whatever an earlier run had lost', async () => {
    const { error, sentAt } = await run([fails(fault('ambiguous')), OK], 'none', 0, true)
    expect([error, sentAt.length]).toEqual([undefined, 2])
  })

  test('without rotation a refusal after it is a refusal', async () => {
    const refusal = fault('permanent')
    expect((await run([fails(fault('ambiguous')), fails(refusal)], 'none')).error).toBe(refusal)
  })

  test.each(['transient', 'configuration', 'ambiguous'] as const)(
    'a %s failure after it leaves the token as open as it was',
    async failure => {
      const last = fault(failure, { account: 'aliexpress:main', fix: 'Do this.', requestId: 'r-2' })
      const steps = failure === 'transient' ? [fails(last), fails(last)] : [fails(last)]
      const { error } = await run([fails(fault('ambiguous')), ...steps], 'unknown')
      expect(error).toMatchObject({
        code: CODES[failure],
        failure: 'ambiguous',
        message: last.message,
        account: 'aliexpress:main',
        fix: 'Do this.',
        requestId: 'r-2',
      })
    },
  )
})

describe('whatever happens', () => {
  const failing = fc.record({
    failure: fc.constantFrom(...CLASSES),
    takesMs: fc.nat(40_000),
    retryAfterMs: fc.option(fc.oneof(fc.nat(90_000), fc.double()), { nil: undefined }),
  })
  const runs = { numRuns: 1000 }

  test('three tries at most, the last begun within a minute, and a rotating token presented at most once more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(failing, { minLength: 4, maxLength: 4 }),
        fc.constantFrom(...ROTATIONS),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (faults, rotation, random) => {
          const steps = faults.map(({ failure, takesMs, retryAfterMs }) =>
            fails(fault(failure, retryAfterMs === undefined ? {} : { retryAfterMs }), takesMs),
          )
          const { sentAt, error } = await run(steps, rotation, random)
          expect(error).toBeInstanceOf(TokenctlError)
          expect(sentAt.length).toBeLessThanOrEqual(3)
          expect(sentAt.at(-1)).toBeLessThanOrEqual(60_000)
          const reached = faults
            .slice(0, sentAt.length)
            .filter(({ failure }) => failure !== 'transient').length
          const most = { none: 3, grace: 2, unknown: 2, strict: 1 }[rotation]
          expect(reached).toBeLessThanOrEqual(most)
          const lossIndex = faults.findIndex(({ failure }) => failure === 'ambiguous')
          const lostAt = sentAt[lossIndex]
          if (rotation !== 'none' && lostAt !== undefined)
            expect(sentAt.at(-1)).toBeLessThanOrEqual(lostAt + 10_000)
        },
      ),
      runs,
    )
  })

  test('a pause is a whole number of milliseconds, or none', () => {
    fc.assert(
      fc.property(
        failing,
        fc.constantFrom(...ROTATIONS),
        fc.nat(3),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        ({ failure }, rotation, tried, random) => {
          const tries = { tried, rotation, alreadyLost: false, begun: BEGUN, lostAt: undefined, now: BEGUN }
          const pause = pauseBefore(fault(failure), tries, () => random)
          if (pause !== undefined) expect(Number.isInteger(pause) && pause >= 0 && pause <= 1000).toBe(true)
        },
      ),
      runs,
    )
  })
})

test('answerLost keeps what support needs, and says whose fault it is not', () => {
  const error = answerLost(new TokenctlError('GRANT_REJECTED', 'no', { failure: 'permanent' }))
  expect(error).toMatchObject({ code: 'ANSWER_LOST', requestId: undefined })
  expect(error.message).toContain('lost on its way')
})
