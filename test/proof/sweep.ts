/**
 * Sweeps one scenario: records an undisturbed run, then disturbs a new one at each of its points, and adds up what came
 * of it. A run that was disturbed elsewhere than was meant (a thread more or less shifts the count) is counted, and
 * tried again.
 */
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  arrivalOf,
  errorPoints,
  helperPoints,
  killPoints,
  locksTaken,
  type Point,
  strayCalls,
} from './points.ts'
import { nameOf, type Scenario } from './scenarios.ts'
import { makeTemplate, openShop, type Template } from './shop.ts'
import type { SmallDisk } from './small-disk.ts'
import { addTrial, emptyTally, type Tally } from './tally.ts'
import type { Call } from './trace-log.ts'
import type { Injection } from './traced.ts'
import { actionOf, type Facts, runTrial } from './trial.ts'
import { judge } from './verdict.ts'

/** What is done at the points. */
export type Disturbance = 'kill' | 'kill-helper' | 'errors' | 'disk-full'

/** Chooses among the trials of a scenario: all of them, or some. */
export type Choose = <T>(all: readonly T[]) => readonly T[]

const TRIES = 12

/** A lock in a folder that is named by its vault's id. */
const VAULT_FOLDER = /\/[0-9a-f]{16}\/[^/]+\.lock$/

/** One worker's own templates: two of them never share a vault, and so never a lock. */
export class Lane {
  readonly #under: string
  readonly #disk: SmallDisk | undefined
  readonly #templates = new Map<string, Promise<Template>>()
  /** Folders of locks outside of every home, each of one vault that was made here. */
  readonly #lockFolders = new Set<string>()

  /** @param disk where the trials' homes are, for those that need a full one. */
  constructor(under: string, disk?: SmallDisk) {
    this.#under = under
    this.#disk = disk
  }

  /** Removes what the vaults of this lane left outside of its folder. */
  close(): void {
    for (const folder of this.#lockFolders) rmSync(folder, { recursive: true, force: true })
    this.#disk?.unmount()
  }

  /** Sweeps a scenario and gives its figures. @throws when the undisturbed run does not end well. */
  async sweep(scenario: Scenario, disturbance: Disturbance, choose: Choose): Promise<Tally> {
    const begun = performance.now()
    const template = await this.#template(scenario)
    const everyone = await this.#record(scenario, template, true)
    refuseStray(everyone)
    // Followed alone, the first thread waits for others differently, and counts differently.
    const recording = disturbance === 'kill-helper' ? everyone : await this.#record(scenario, template, false)
    const injections = injectionsFor(disturbance, recording)
    const chosen = choose(injections)
    const tally = emptyTally(scenario, new Set(injections.map(({ point }) => point)).size, chosen.length)
    const place = { folder: this.#under, disk: this.#disk }
    const { bytes } = arrivalOf(recording.calls, recording.scratch)
    for (const { injection, point } of chosen) {
      let nth = injection.nth
      let isMet = false
      for (let tried = 1; tried <= TRIES && !isMet; tried++) {
        const facts = await runTrial(scenario, { ...injection, nth }, template, place)
        const isMeant = facts.hit?.role === point.role && facts.hit.turn === point.turn
        // A kill is a kill wherever it strikes; an error in Node's own works would say nothing of the program.
        if (isMeant || disturbance !== 'errors') addTrial(tally, facts, judge(facts, bytes), isMeant)
        isMet = isMeant
        nth = nextTry(facts, point, nth)
      }
      if (!isMet) tally.missed.push(`${point.role} (${point.turn})`)
    }
    return { ...tally, seconds: Math.round((performance.now() - begun) / 1000) }
  }

  #template(scenario: Scenario): Promise<Template> {
    const kind = `${scenario.marketplace} ${scenario.store}`
    const known = this.#templates.get(kind) ?? makeTemplate(scenario, this.#under)
    this.#templates.set(kind, known)
    return known
  }

  /** The calls of an undisturbed run; `everyone`: of every thread, and of the helper. */
  async #record(scenario: Scenario, template: Template, everyone: boolean): Promise<Recording> {
    const shop = await openShop(scenario, template, this.#under)
    try {
      const { args, input } = await actionOf(scenario, shop)
      const { status, stderr, calls } = await shop.trace(args, { input, everyone })
      if (status !== 0) throw new Error(`${nameOf(scenario)}: ${status}\n${stderr}`)
      for (const { path } of locksTaken(calls))
        if (VAULT_FOLDER.test(path) && !path.startsWith(shop.scratch)) this.#lockFolders.add(dirname(path))
      return { calls, scratch: shop.scratch }
    } finally {
      await shop.close()
    }
  }
}

interface Recording {
  readonly calls: readonly Call[]
  readonly scratch: string
}

/** @throws when another thread does what the sweep, which follows the first one, would not see. */
function refuseStray({ calls, scratch }: Recording): void {
  const [stray] = strayCalls(calls, scratch)
  if (stray !== undefined) throw new Error(`another thread's work is not swept: ${stray.name} ${stray.on}`)
}

/** Where to look for a call that was missed: where it was in that run, had it come so far; else one later. */
function nextTry({ seen }: Facts, { role, turn }: Point, nth: number): number {
  return seen.find(each => each.role === role && each.turn === turn)?.nth ?? nth + 1
}

interface Planned {
  readonly injection: Injection
  readonly point: Point
}

function injectionsFor(disturbance: Disturbance, { calls, scratch }: Recording): readonly Planned[] {
  if (disturbance === 'kill-helper')
    return helperPoints(calls, scratch).map(point => planned(point, { what: 'SIGKILL', everyone: true }))
  if (disturbance === 'kill')
    return killPoints(calls, scratch).map(point => planned(point, { what: 'SIGKILL' }))
  if (disturbance === 'disk-full')
    return killPoints(calls, scratch).map(point => planned(point, { what: 'SIGSTOP', onwards: true }))
  return errorPoints(calls, scratch).flatMap(point => [
    ...errorsOf(point).map(what => planned(point, { what })),
    ...lastingErrorsOf(point).map(what => planned(point, { what, onwards: true })),
  ])
}

/** What a disk that is full, broken or closed answers; and a process that has no descriptor left. */
function errorsOf({ name }: Point): readonly string[] {
  const disk = ['ENOSPC', 'EIO', 'EROFS', 'EACCES']
  return name === 'openat' ? [...disk, 'EMFILE'] : disk
}

/**
 * Those that are tried from one call onwards. strace cannot tell a record from Node's own wake-ups and modules, so
 * `write` and `openat` fail for good only where everything else of their name would too.
 */
function lastingErrorsOf(point: Point): readonly string[] {
  if (point.name === 'openat') return ['EMFILE']
  return point.name === 'write' ? [] : errorsOf(point)
}

function planned(point: Point, how: Omit<Injection, 'name' | 'nth'>): Planned {
  return { point, injection: { name: point.name, nth: point.nth, ...how } }
}
