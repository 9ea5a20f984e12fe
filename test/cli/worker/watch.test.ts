/** What a worker answers to whoever watches it. */
import { describe, expect, test } from 'vitest'
import { Tally } from '../../../src/cli/worker/tally.ts'
import { watched } from '../../../src/cli/worker/watch.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { MINUTE, SECOND } from '../../../src/tokens/time.ts'
import { parseExposition } from '../../support/exposition.ts'
import { NOW } from '../../support/world.ts'

const none = { taken: 0, putOff: { day: 0, rate: 0 }, trouble: null }
const health = (tally: Tally, now: number) => {
  const answer = watched('/healthz', tally, now)
  return [answer?.status, answer?.body]
}
const metrics = (tally: Tally, now: number) => parseExposition(watched('/metrics', tally, now)?.body ?? '')

describe('/healthz', () => {
  test('is well from the start, and while it rests', () => {
    const tally = new Tally(NOW)
    expect(health(tally, NOW)).toEqual([200, 'ok\n'])
    tally.restsUntil(NOW + 60 * MINUTE)
    expect(health(tally, NOW + 64 * MINUTE)).toEqual([200, 'ok\n'])
    expect(health(tally, NOW + 65 * MINUTE + 1)).toEqual([503, 'stuck\n'])
  })

  test('is not well after a round that failed, until one that did not', () => {
    const tally = new Tally(NOW)
    tally.beginRound(NOW)
    tally.endRound({ ...none, trouble: new TokenctlError('VAULT_UNAVAILABLE', 'cut') }, NOW)
    expect(health(tally, NOW)).toEqual([503, 'the last round failed: VAULT_UNAVAILABLE\n'])
    tally.endRound(none, NOW + SECOND)
    expect(health(tally, NOW + SECOND)).toEqual([200, 'ok\n'])
  })

  test('a round in which accounts come out is none that hangs', () => {
    const tally = new Tally(NOW)
    tally.beginRound(NOW)
    tally.count({ outcome: 'renewed' }, NOW + 20 * MINUTE)
    expect(health(tally, NOW + 24 * MINUTE)[0]).toBe(200)
    expect(health(tally, NOW + 26 * MINUTE)[0]).toBe(503)
  })
})

describe('/metrics', () => {
  test('is in the text format, and what is not known is absent', () => {
    const fresh = metrics(new Tally(NOW), NOW)
    expect(fresh.has('tokenctl_worker_last_success_timestamp_seconds')).toBe(false)
    expect(fresh.get('tokenctl_worker_renewals_total')?.series).toHaveLength(5)
    const tally = new Tally(NOW)
    tally.beginRound(NOW)
    tally.count({ outcome: 'renewed' }, NOW)
    tally.count({ outcome: 'needs-person' }, NOW)
    tally.left.set('ebay.de"fault\\', 7)
    tally.endRound({ taken: 4, putOff: { day: 2, rate: 1 }, trouble: null }, NOW + 1500)
    const families = metrics(tally, NOW + 1500)
    const values = (name: string) => families.get(name)?.series.map(({ value }) => value)
    expect(values('tokenctl_worker_renewals_total')).toEqual([1, 0, 0, 1, 0])
    expect(values('tokenctl_worker_due_seen_total')).toEqual([4])
    expect(values('tokenctl_worker_put_off_total')).toEqual([2, 1])
    expect(values('tokenctl_worker_round_duration_seconds')).toEqual([1.5])
    expect(values('tokenctl_worker_rounds_total')).toEqual([1, 0])
    expect(values('tokenctl_worker_last_success_timestamp_seconds')).toEqual([NOW / 1000])
    expect(families.get('tokenctl_worker_quota_left')?.series).toEqual([
      { labels: { app: 'ebay.de"fault\\' }, value: 7 },
    ])
  })

  test('nothing else is answered', () => {
    for (const path of ['/', '/metrics/', '/healthz?', '//metrics'])
      expect(watched(path, new Tally(NOW), NOW)).toBeUndefined()
  })
})
