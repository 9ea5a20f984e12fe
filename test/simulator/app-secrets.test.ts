import { describe, expect, test } from 'vitest'
import { answerAmazon } from '../../src/simulator/amazon.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { DAY } from '../../src/tokens/time.ts'
import { amazonCall, amazonFields, form, NOW, seed } from './calls.ts'

function rotated(options: { delaySeconds?: number } = {}) {
  let now = NOW
  const made = new Simulation({ seed: seed(), now: () => now, random: () => 0, onRequest: () => undefined })
  const result = made.rotateSecret(options)
  /** The outcome of a refresh with a secret, some time after the change. */
  const refresh = (secret: string, laterMs = 0) => {
    const body = form({ ...amazonFields(), client_secret: secret })
    return answerAmazon(amazonCall({ body }), made.market, NOW + laterMs).outcome
  }
  const again = (laterMs: number) => {
    now = NOW + laterMs
    return made.rotateSecret()
  }
  return { made, refresh, again, ...result }
}

describe('after a secret was replaced', () => {
  test('both are taken for seven days, then the new one alone', () => {
    const { refresh, clientSecret, oldSecretEndsAt } = rotated()
    expect(clientSecret).toMatch(/^amzn1\.oa2-cs\.v1\.[0-9a-f]{64}$/)
    expect(oldSecretEndsAt).toBe(NOW + 7 * DAY)
    expect([refresh('amzn1.secret'), refresh(clientSecret)]).toEqual(['refreshed', 'refreshed'])
    expect(refresh('amzn1.secret', 7 * DAY - 1)).toBe('refreshed')
    expect(refresh('amzn1.secret', 7 * DAY)).toBe('invalid_client')
    expect(refresh(clientSecret, 7 * DAY)).toBe('refreshed')
  })

  test('the new one can be refused at first', () => {
    const { refresh, clientSecret } = rotated({ delaySeconds: 1800 })
    expect(refresh(clientSecret, 1_799_999)).toBe('invalid_client')
    expect(refresh('amzn1.secret', 1_799_999)).toBe('refreshed')
    expect(refresh(clientSecret, 1_800_000)).toBe('refreshed')
  })

  test('the import document has the new one, and its day', () => {
    const { made, clientSecret } = rotated()
    const app = made.importDocument().apps.find(each => each.marketplace === 'amazon')
    expect(app).toMatchObject({ keys: { clientSecret }, secretIssuedAt: '2026-11-22T10:00:00Z' })
  })

  test('a second change leaves the first secret the end it had', () => {
    const { refresh, again, clientSecret } = rotated()
    const { clientSecret: third } = again(3 * DAY)
    expect(['amzn1.secret', clientSecret, third].map(secret => refresh(secret, 7 * DAY))).toEqual([
      'invalid_client',
      'refreshed',
      'refreshed',
    ])
    expect(refresh(clientSecret, 10 * DAY)).toBe('invalid_client')
  })
})

test.each([{ delaySeconds: -1 }, { delaySeconds: Number.NaN }, { app: 'nobody' }])(
  '%j is refused',
  options => {
    const { made } = rotated()
    expect(() => made.rotateSecret(options)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  },
)
