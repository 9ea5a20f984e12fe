/**
 * Runs a sweep over its scenarios, two at a time, says each as it is done, and leaves the figures in `results/`. What is
 * swept is chosen by the environment, so that whoever sees a failure can repeat that scenario alone.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleOf, seeded } from './chance.ts'
import { nameOf, scenarios } from './scenarios.ts'
import { mountSmallDisk } from './small-disk.ts'
import { type Disturbance, Lane } from './sweep.ts'
import { brokenIn, type Tally, tableOf, widestMoment } from './tally.ts'

const RESULTS = join(import.meta.dirname, 'results')

/** What the results of each are called: as the proof that leaves them. */
const RESULTS_OF: Readonly<Record<Disturbance, string>> = {
  kill: 'kill-sweep',
  'kill-helper': 'kill-sweep-helper',
  errors: 'error-sweep',
  'disk-full': 'disk-full',
}

/** What the environment asks for. */
export interface SweepOptions {
  /** Words that each scenario's name must have; a comma parts alternatives: `renew ebay,amazon file`. */
  readonly only: readonly string[]
  /** How many trials of each scenario at most. */
  readonly sample: number
  readonly seed: number
}

/** Reads PROOF_ONLY, PROOF_SAMPLE and PROOF_SEED. */
export function sweepOptions(env: NodeJS.ProcessEnv): SweepOptions {
  return {
    only: (env['PROOF_ONLY'] ?? '').split(' ').filter(word => word !== ''),
    sample: Number(env['PROOF_SAMPLE'] ?? Number.POSITIVE_INFINITY),
    seed: Number(env['PROOF_SEED'] ?? Date.now() % 1_000_000),
  }
}

/** Sweeps every scenario that is asked for, and gives the figures of each. */
export async function wholeSweep(disturbance: Disturbance, options: SweepOptions): Promise<readonly Tally[]> {
  const begun = Date.now()
  mkdirSync(RESULTS, { recursive: true })
  const results = join(RESULTS, RESULTS_OF[disturbance])
  const [lines, page] = [`${results}.jsonl`, `${results}.md`]
  writeFileSync(lines, '')
  const waiting = scenarios(options.only).filter(
    ({ store }) => store === 'keychain' || disturbance !== 'kill-helper',
  )
  const count = waiting.length
  const random = seeded(options.seed)
  say(`${disturbance}: ${count} scenarios, seed ${options.seed}`)
  const tallies: Tally[] = []
  const work = async (lane: Lane) => {
    for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
      const tally = await lane.sweep(scenario, disturbance, all => sampleOf(all, options.sample, random))
      tallies.push(tally)
      appendFileSync(lines, `${JSON.stringify(tally)}\n`)
      say(`${tallies.length}/${count} ${nameOf(scenario)}: ${summaryOf(tally)}`)
    }
  }
  const under = mkdtempSync(join(tmpdir(), 'tokenctl-proof-'))
  const lanes = [1, 2].map(() => new Lane(under, disturbance === 'disk-full' ? mountSmallDisk() : undefined))
  try {
    await Promise.all(lanes.map(work))
  } finally {
    for (const lane of lanes) lane.close()
    rmSync(under, { recursive: true, force: true })
  }
  const minutes = ((Date.now() - begun) / 60_000).toFixed(1)
  const table = tableOf(tallies)
  writeFileSync(page, `${table}\n\n${totals(tallies)}; ${minutes} minutes; seed ${options.seed}\n`)
  say(`${table}\n\n${totals(tallies)}; ${minutes} minutes\n`)
  return tallies
}

function totals(tallies: readonly Tally[]): string {
  const sum = (value: (tally: Tally) => number) => tallies.reduce((all, tally) => all + value(tally), 0)
  return `${tallies.length} scenarios, ${sum(each => each.points)} points, ${sum(each => each.runs)} runs, ${brokenIn(tallies)} with a broken promise, the answer in memory only at ${widestMoment(tallies)} call of a run at most`
}

function summaryOf(tally: Tally): string {
  const broken = Object.entries(tally.broken).map(([what, times]) => `${times} ${what}`)
  const first = tally.failures[0]?.at
  const failed = broken.length === 0 ? 'nothing broken' : `${broken.join(', ')}; first: ${first}`
  return `${tally.points} points, ${tally.runs} runs in ${tally.seconds} s, in memory only at ${tally.inMemoryAt.length} calls; ${failed}`
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
