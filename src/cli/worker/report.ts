/** What a worker says: a line at its start, one a round that did something, and those accounts that want somebody. */
import { hostname } from 'node:os'
import type { TokenctlError } from '../../errors.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import type { RoundEnd } from '../../renewal/work.ts'
import { toIso } from '../../tokens/time.ts'
import type { Exit } from '../exit.ts'
import { renewLines, renewRow } from '../render/renew.ts'
import { safeLine } from '../render/safe-text.ts'
import type { WorkerLine } from '../shapes/worker-shape.ts'
import type { World } from '../world.ts'
import type { WorkerManner } from './manner.ts'
import type { WorkedMarketplaces } from './marketplaces.ts'
import type { Counts, Tally } from './tally.ts'

/** So many accounts of a round are told one by one; a thousand that fail together are one cause. */
const ONE_BY_ONE = 20

/** A line without what all have. */
type Bare<Line = WorkerLine> = Line extends WorkerLine ? Omit<Line, 'version' | 'at'> : never

export class WorkerReport {
  readonly #manner: WorkerManner
  readonly #world: World
  #told = 0
  #untold = 0
  #trouble: string | null = null

  constructor(manner: WorkerManner, world: World) {
    this.#manner = manner
    this.#world = world
  }

  /** @param store null where nothing is stored yet */
  start(store: string | null, marketplaces: WorkedMarketplaces, port: number | null): void {
    const { concurrency, pollMs, isOnce, isSpread, perSecond, isJson } = this.#manner
    const quotas = marketplaces.flatMap(({ adapter: { id, title, refreshesADay } }) =>
      refreshesADay === undefined && perSecond === null
        ? []
        : [{ id, title, refreshesADay: refreshesADay ?? null }],
    )
    const machine = hostname()
    if (isJson) {
      const each = quotas.map(({ id, refreshesADay }) => ({
        marketplace: id,
        refreshesADay,
        perSecond,
        spread: refreshesADay !== null && isSpread,
      }))
      const pollSeconds = pollMs / 1000
      this.#json({
        kind: 'start',
        store,
        machine,
        concurrency,
        pollSeconds,
        once: isOnce,
        port,
        quotas: each,
      })
      return
    }
    const daily = quotas.flatMap(({ title, refreshesADay }) =>
      refreshesADay === null ? [] : [`${title} ${refreshesADay.toLocaleString('en')} a day and app`],
    )
    const limits = [
      ...daily,
      ...(daily.length > 0 && isSpread ? ['spread over the day'] : []),
      ...(perSecond === null ? [] : [`${perSecond} a second and app`]),
    ]
    const at = port === null ? '' : ` Health and metrics: port ${port} on this machine.`
    const where = store === null ? 'nothing is stored yet' : `the ${store} store`
    this.#say(
      `Working on ${machine}: ${where}, ${concurrency} at a time; refreshes: ${limits.length === 0 ? 'no limit' : limits.join(', ')}.${at}`,
    )
  }

  beginRound(): void {
    this.#told = 0
    this.#untold = 0
  }

  /** An account that came out; only those that want somebody are told. */
  account(result: RenewResult): void {
    if (result.outcome !== 'failed' && result.outcome !== 'needs-person') return
    if (this.#manner.isJson) {
      this.#json({ kind: 'account', ...renewRow(result, this.#world) })
      return
    }
    this.#told += 1
    if (this.#told > ONE_BY_ONE) this.#untold += 1
    else this.#world.terminal.out(renewLines(result, this.#world))
  }

  /** @param tookMs how long it took */
  round(counts: Counts, end: RoundEnd, tookMs: number): void {
    this.#sayTrouble(end.trouble)
    const didSomething =
      Object.values(counts).some(count => count > 0) || end.putOff.day + end.putOff.rate > 0
    if (!didSomething && (end.trouble === null || !this.#manner.isJson)) return
    if (this.#manner.isJson) {
      const { taken, putOff, trouble } = end
      const seconds = tookMs / 1000
      this.#json({
        kind: 'round',
        seconds,
        taken,
        ...camel(counts),
        putOff,
        trouble: trouble?.code ?? null,
      })
      return
    }
    const more = this.#untold === 0 ? '' : `, ${this.#untold} of them not shown`
    this.#say(`${this.#now()} ${words(counts, end.putOff)}${more} (${(tookMs / 1000).toFixed(1)} s)`)
  }

  end(tally: Tally, exit: Exit): void {
    const { total, putOff } = tally
    if (this.#manner.isJson) this.#json({ kind: 'end', ...camel(total), putOff: { ...putOff }, exit })
    else this.#say(`${this.#now()} Ended: ${words(total, putOff)}.`)
  }

  /** A sentence on standard error. */
  note(text: string): void {
    this.#world.terminal.err(`Note: ${safeLine(text)}\n`)
  }

  /** A store that fails is told once, and once that it is there again. */
  #sayTrouble(trouble: TokenctlError | null): void {
    if (trouble !== null && trouble.code !== this.#trouble)
      this.#world.terminal.err(
        `${safeLine(`${this.#now()} ${trouble.message} ${trouble.fix}`)} [${trouble.code}] Trying again …\n`,
      )
    if (trouble === null && this.#trouble !== null)
      this.#world.terminal.err(`${this.#now()} The store answers again.\n`)
    this.#trouble = trouble?.code ?? null
  }

  #now(): string {
    return toIso(Math.floor(this.#world.clock.now() / 1000) * 1000)
  }

  #say(text: string): void {
    this.#world.terminal.out(`${safeLine(text)}\n`)
  }

  #json(line: Bare): void {
    const { clock, terminal } = this.#world
    terminal.out(`${JSON.stringify({ version: 1, at: toIso(clock.now()), ...line })}\n`)
  }
}

function camel({ 'needs-person': needsPerson, renewed, proved, fresh, failed }: Counts) {
  return { renewed, proved, fresh, needsPerson, failed }
}

function words(counts: Counts, putOff: RoundEnd['putOff']): string {
  const parts: readonly (readonly [number, string])[] = [
    [counts.proved, `proved ${counts.proved}`],
    [counts.fresh, `renewed by others ${counts.fresh}`],
    [counts['needs-person'], `need a person ${counts['needs-person']}`],
    [counts.failed, `failed ${counts.failed}`],
    [putOff.day, `put off for today's quota ${putOff.day}`],
    [putOff.rate, `put off for the rate ${putOff.rate}`],
  ]
  return [`renewed ${counts.renewed}`, ...parts.flatMap(([count, text]) => (count > 0 ? [text] : []))].join(
    ', ',
  )
}
