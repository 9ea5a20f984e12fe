/**
 * A slice of the sweeps, small enough for every run of the tests: one scenario killed at some of its calls and refused at
 * some, others killed at a few. The seed is printed; `npm run proof -- kill-sweep error-sweep` is the whole.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sampleOf, seeded } from './chance.ts'
import { nameOf, type Scenario, scenarios } from './scenarios.ts'
import { type Disturbance, Lane } from './sweep.ts'
import { straceMissing } from './traced.ts'
import { sweepOptions } from './whole-sweep.ts'

const missing = straceMissing()
const { seed } = sweepOptions(process.env)

describe.skipIf(missing !== undefined)(
  `disturbed at a call (PROOF_SEED=${seed}; ${missing ?? 'strace'})`,
  () => {
    const under = mkdtempSync(join(tmpdir(), 'tokenctl-proof-'))
    const lane = new Lane(under)
    afterAll(() => {
      lane.close()
      rmSync(under, { recursive: true, force: true })
    })
    const random = seeded(seed)
    const strict = scenarios(['renew', 'aliexpress', 'file', 'strict/strict'])
    const slice: readonly (readonly [Disturbance, string, Scenario, number])[] = [
      ...strict.map(each => ['kill', nameOf(each), each, 10] as const),
      ...strict.map(each => ['errors', nameOf(each), each, 5] as const),
      ...sampleOf(scenarios(['renew', 'file']), 1, random).map(
        each => ['kill', nameOf(each), each, 3] as const,
      ),
      ...scenarios(['set-amazon', 'file', 'none/none']).map(each => ['kill', nameOf(each), each, 3] as const),
      ...scenarios(['login', 'file', 'none/none,strict/strict'])
        .filter(({ marketplace, mode }) => (marketplace === 'ebay') === (mode.belief === 'none'))
        .map(each => ['kill', nameOf(each), each, 3] as const),
    ]

    test.each(slice)(
      '%s: %s',
      async (disturbance, _, scenario, count) => {
        const tally = await lane.sweep(scenario, disturbance, all => sampleOf(all, count, random))
        expect(tally.failures.map(({ at, broken }) => `${at}: ${broken.join(', ')}`)).toEqual([])
        expect(tally.runs).toBeGreaterThanOrEqual(count)
      },
      120_000,
    )
  },
)
