/**
 * The benchmark of a fleet in its small form: that it runs to its end, that its figures are whole and can be true, and that
 * what is due is found by indexes. No figure is held to a bar here: how fast a machine is that does other things says nothing.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { hasPostgres } from './support/postgres.ts'

const BENCH = join(import.meta.dirname, 'bench', 'fleet.js')
/** On a quiet machine it takes a tenth of that. */
const WITHIN_MS = 240_000

interface Result {
  readonly renewals: readonly (Cell & { readonly workers: number })[]
  readonly latency: readonly (Cell & { readonly latency: number })[]
  readonly profiles: readonly {
    store: string
    parts: { what: string; share: number }[]
    busySeconds: number
  }[]
  readonly listings: readonly Listing[]
  readonly claims: readonly Claims[]
}
interface Cell {
  readonly store: string
  readonly inFlight: number
  readonly accounts: number
  readonly rounds: readonly Round[]
}
interface Round {
  readonly rate: number
  readonly raw: number
  readonly peakMiB: number
  readonly workerMicros: number
  readonly postgresMicros: number | null
}
interface Listing {
  readonly store: string
  readonly accounts: number
  readonly command: string
  readonly firstByte: number
  readonly seconds: number
  readonly peakMiB: number
}
interface Claims {
  readonly accounts: number
  readonly claimed: readonly number[]
  readonly firstMs: number
  readonly page: number
  readonly plan: { readonly scans: readonly { readonly how: string; readonly times: number }[] }
}

describe.skipIf(!hasPostgres())('the benchmark of a fleet', () => {
  let result: Result
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [BENCH, '--json'], {
      maxBuffer: 16 * 1024 * 1024,
    })
    result = JSON.parse(stdout)
  }, WITHIN_MS)

  test('renews every account of either store, slower than the raw client asks', () => {
    expect(result.renewals.map(({ store }) => store)).toEqual(['file', 'postgres'])
    for (const { store, rounds } of result.renewals) {
      for (const { rate, raw, peakMiB, workerMicros, postgresMicros } of rounds) {
        expect(rate).toBeGreaterThan(1)
        expect(rate).toBeLessThan(raw)
        expect(peakMiB).toBeGreaterThan(30)
        expect(workerMicros).toBeGreaterThan(0)
        if (store === 'postgres') expect(postgresMicros).toBeGreaterThan(0)
        else expect(postgresMicros).toBeNull()
      }
    }
  })

  test("is never quicker than a vendor's latency allows", () => {
    for (const { inFlight, latency, rounds } of result.latency)
      for (const { rate, raw } of rounds)
        expect(Math.max(rate, raw)).toBeLessThan((inFlight * 1000) / latency)
  })

  test("tells where a worker's time goes, to its last part", () => {
    for (const { store, parts, busySeconds } of result.profiles) {
      expect(busySeconds).toBeGreaterThan(0)
      expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6)
      const shareOf = (word: string) => parts.find(({ what }) => what.startsWith(word))?.share ?? 0
      for (const word of ['HTTP', 'sealing', 'records']) expect(shareOf(word)).toBeGreaterThan(0)
      expect(shareOf('SQL') > 0.01).toBe(store === 'postgres')
    }
  })

  test('lists every store, the first byte before the last', () => {
    expect(new Set(result.listings.map(({ store, command }) => `${store} ${command}`)).size).toBe(6)
    for (const { firstByte, seconds, peakMiB } of result.listings) {
      expect(firstByte).toBeGreaterThan(0)
      expect(firstByte).toBeLessThanOrEqual(seconds)
      expect(peakMiB).toBeGreaterThan(30)
    }
  })

  test('finds what is due by the indexes, and gives nobody the same twice', () => {
    for (const { accounts, claimed, page, plan } of result.claims) {
      const due = accounts / 100
      expect(claimed.reduce((sum, count) => sum + count, 0)).toBe(due)
      expect(page).toBeGreaterThanOrEqual(due)
      expect(plan.scans.some(({ how }) => how.includes('record_last'))).toBe(true)
      expect(plan.scans.filter(({ how }) => how.startsWith('Seq Scan'))).toEqual([])
    }
  })
})
