/** A fleet under faults and its verdict, for CI's share and for the whole proof. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkFleet } from './fleet-history.ts'
import { type FleetOptions, runFleet } from './fleet-run.ts'

/** Leaves a history beside the other proofs' results. */
function keep(history: object): void {
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  const flat = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value)
  writeFileSync(join(results, 'fleet.json'), JSON.stringify(history, flat))
}

/** PROOF_SEED runs one again as far as chance was its own. */
export function fleetSuite(options: Omit<FleetOptions, 'seed' | 'tell'>, timeoutMs: number): void {
  const { accounts, workers } = options
  test(
    `${accounts} accounts under strict rotation, ${workers} workers, killed and cut off among them`,
    async () => {
      const seed = Number(process.env['PROOF_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
      console.info(`PROOF_SEED=${seed}`)
      const history = await runFleet({ ...options, seed, tell: text => console.info(text) })
      const { violations, figures } = checkFleet(history)
      console.info(JSON.stringify(figures))
      // What happened is wanted where it was wrong: chance does not run twice.
      if (violations.length > 0) keep(history)
      expect(violations).toEqual([])
      expect(figures.accepted).toBeGreaterThan(accounts * options.rounds.length)
      expect(figures.kills).toBeGreaterThan(0)
      expect(figures.lostOnWire).toBeGreaterThan(0)
    },
    timeoutMs,
  )
}
