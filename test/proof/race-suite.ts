/** A race and its verdict, for the slice of the default tests and for the whole proof. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { race } from './race.ts'
import { checkRace } from './race-history.ts'

/** An answer is in the journal milliseconds after it came; with sixteen runs on two cores a run may have to wait its turn. */
const SAVE_WITHIN_MS = 2000

/** Leaves a history beside the other proofs' results. */
function keep(history: readonly unknown[]): void {
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, 'race.jsonl'), `${history.map(event => JSON.stringify(event)).join('\n')}\n`)
}

/** A race of so many renewals. PROOF_SEED runs one again as far as chance was the race's own. */
export function raceSuite(renewals: number): void {
  test(
    `${renewals} renewals by 16 processes, stopped and killed among them`,
    async () => {
      const seed = Number(process.env['PROOF_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
      console.info(`PROOF_SEED=${seed}`)
      const begun = performance.now()
      const { history, problems, last } = await race({
        renewals,
        lanes: 16,
        seed,
        tell: accepted => console.info(`${accepted} of ${renewals}`),
      })
      const { violations, figures } = checkRace(history, { saveWithinMs: SAVE_WITHIN_MS })
      console.info(JSON.stringify({ ...figures, seconds: Math.round((performance.now() - begun) / 1000) }))
      // What happened is wanted where it was wrong: chance does not run twice.
      if (violations.length > 0) keep(history)
      expect(problems).toEqual([])
      expect(violations).toEqual([])
      expect(new Set(last.values())).toEqual(new Set(['renewed']))
      expect(figures.accepted).toBeGreaterThanOrEqual(renewals)
      expect(figures.kills * figures.stops).toBeGreaterThan(0)
    },
    4 * 3_600_000,
  )
}
