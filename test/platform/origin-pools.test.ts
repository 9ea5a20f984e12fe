/** A pool for each origin; what they do on the network is in `http-pool.test.ts`. */
import { describe, expect, it } from 'vitest'
import { OriginPools } from '../../src/platform/origin-pools.ts'

describe('pools', () => {
  it('are one for each origin, however many ask at once, and connect to nothing by themselves', async () => {
    const pools = new OriginPools(2)
    const [a, b, other] = await Promise.all([
      pools.of('https://a.invalid'),
      pools.of('https://a.invalid'),
      pools.of('https://b.invalid'),
    ])
    expect(a).toBe(b)
    expect(a).not.toBe(other)
    expect(a.stats).toMatchObject({ connected: 0, pending: 0 })
    await pools.destroy()
    expect([a.destroyed, other.destroyed]).toEqual([true, true])
  })
})
