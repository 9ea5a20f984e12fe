/**
 * What happened in a race, event by event in the order in which one observer saw it, and the check of it, as Jepsen
 * checks a database: pure, from a history to what must not have happened in it. It knows nothing of how a race is run.
 */

import type { RaceEvent, Verdict } from './race-event.ts'

export interface CheckOptions {
  /** An answer that a run could not save in so many milliseconds of running is no bad luck any more. */
  readonly saveWithinMs: number
}

/** Checks a history from its beginning to its end. */
export function checkRace(history: readonly RaceEvent[], options: CheckOptions): Verdict {
  const checker = new Checker(options)
  for (const event of history) checker.see(event)
  return checker.verdict()
}

interface Presentation {
  readonly run: number | null
  readonly token: number
  readonly accepted: boolean
  readonly at: number
  deliveredAt: number | null
  /** Whether a later run was seen to finish what this one had begun. */
  isFinished: boolean
}

interface AccountSeen {
  readonly presentations: Presentation[]
  /** The newest token that a run may hold. */
  current: number
  generation: number
  /**
   * First tokens of new consents, until they are presented. A run that was long under way can say that a consent is lost
   * when the next one works already: then two are in force, and the one that was numbered first may be brought in last.
   */
  readonly consents: Set<number>
  /** Tokens whose loss is counted; each run that asks after it says so again. */
  readonly lost: Set<number>
}

interface RunSeen {
  readonly startedAt: number
  killedAt: number | null
  readonly stops: { from: number; to: number }[]
  hasEnded: boolean
}

class Checker {
  readonly #options: CheckOptions
  readonly #violations: string[] = []
  readonly #accounts = new Map<string, AccountSeen>()
  readonly #runs = new Map<number, RunSeen>()
  readonly #count = {
    accepted: 0,
    kills: 0,
    stops: 0,
    presentedAgain: 0,
    recovered: 0,
    lostUnanswered: 0,
    lostAnswered: 0,
    longestUnsavedMs: 0,
    lockHeld: 0,
  }

  constructor(options: CheckOptions) {
    this.#options = options
  }

  see(event: RaceEvent): void {
    switch (event.type) {
      case 'start':
        this.#runs.set(event.run, { startedAt: event.at, killedAt: null, stops: [], hasEnded: false })
        return
      case 'kill':
        this.#count.kills += 1
        this.#run(event.run).killedAt ??= event.at
        return
      case 'stop':
        this.#count.stops += 1
        this.#run(event.run).stops.push({ from: event.at, to: Number.POSITIVE_INFINITY })
        return
      case 'continue':
        for (const stop of this.#run(event.run).stops) stop.to = Math.min(stop.to, event.at)
        return
      case 'end':
        this.#end(event)
        return
      case 'present':
        this.#present(event)
        return
      case 'delivered': {
        const asked = this.#account(event.account).presentations.findLast(each => each.run === event.run)
        if (asked !== undefined) asked.deliveredAt = event.at
        return
      }
      case 'result':
        this.#result(event)
        return
      case 'stored':
        this.#stored(event)
        return
      case 'consent':
        this.#account(event.account).consents.add(event.token)
        return
      case 'reseed':
        this.#reseed(event)
    }
  }

  verdict(): Verdict {
    for (const [run, { hasEnded }] of this.#runs) if (!hasEnded) this.#wrong(`run ${run} never ended`)
    return { violations: this.#violations, figures: { runs: this.#runs.size, ...this.#count } }
  }

  #end({ run, status }: RaceEvent & { type: 'end' }): void {
    const seen = this.#run(run)
    seen.hasEnded = true
    // 3: a person is needed, which only a lost answer explains, and `result` looks into that. 4: the lock.
    const isSound = seen.killedAt !== null || status === 0 || status === 3 || status === 4
    if (!isSound) this.#wrong(`run ${run} ended with ${status}`)
  }

  #present({ at, run, account, token, accepted }: RaceEvent & { type: 'present' }): void {
    const seen = this.#account(account)
    const before = seen.presentations.findLast(each => each.token === token)
    const who = `run ${run ?? 'unknown'} presented token ${token} of ${account}`
    const isNewConsent = seen.consents.delete(token)
    if (before === undefined && !isNewConsent && token < seen.current)
      this.#wrong(`${who}, where ${seen.current} is in force`)
    if (before !== undefined) {
      this.#count.presentedAgain += 1
      // A token that was refused is dead, and a person who asks again by name loses nothing by it.
      if (before.accepted && !this.#isKilled(before.run))
        this.#wrong(`${who}, which run ${before.run} had presented, and nobody killed that run`)
    }
    seen.presentations.push({ run, token, accepted, at, deliveredAt: null, isFinished: false })
    if (!accepted) return
    this.#count.accepted += 1
    seen.current = Math.max(seen.current, token + 1)
  }

  #result({ run, account, outcome, code }: RaceEvent & { type: 'result' }): void {
    const seen = this.#account(account)
    const own = seen.presentations.filter(each => each.run === run)
    const who = `run ${run} said ${code ?? outcome} of ${account}`
    if (outcome === 'renewed' || outcome === 'proved') {
      if (own.some(each => each.accepted)) return
      this.#count.recovered += 1
      const begun = this.#begunBefore(run, seen)
      if (begun === undefined) this.#wrong(`${who}, and neither it nor a killed run was accepted`)
      else begun.isFinished = true
    } else if (outcome === 'fresh') {
      if (own.length > 0) this.#wrong(`${who}, having presented a token itself`)
    } else if (code === 'LOCK_HELD') this.#count.lockHeld += 1
    else if (code === 'ANSWER_LOST') this.#lost(who, own, seen)
    else if (code === 'GRANT_REJECTED' && isAgain(own, seen)) this.#lost(who, own, seen)
    else this.#wrong(who)
  }

  #reseed({ account, token }: RaceEvent & { type: 'reseed' }): void {
    const seen = this.#account(account)
    // What is noted after it was done may come behind the first use of the token.
    seen.current = Math.max(seen.current, token)
  }

  /** What a killed run was accepted with and nobody has gone on from, as far as a run could see when it began. */
  #begunBefore(run: number, { presentations }: AccountSeen): Presentation | undefined {
    const { startedAt } = this.#run(run)
    // A run's word is noted at its end, when others may have gone on from what it finished.
    const isGoneOnFrom = ({ token }: Presentation) =>
      presentations.some(each => each.token === token + 1 && each.at < startedAt)
    return presentations.findLast(
      each => each.accepted && !each.isFinished && this.#isKilled(each.run) && !isGoneOnFrom(each),
    )
  }

  /** A loss is explained by a kill alone, and by none that came long after the answer. */
  #lost(who: string, own: readonly Presentation[], { lost, presentations }: AccountSeen): void {
    const token = own.at(-1)?.token
    const last = presentations.findLast(
      each => each.accepted && (token === undefined || each.token === token),
    )
    if (last === undefined || !this.#isKilled(last.run)) {
      this.#wrong(`${who}, and no killed run had presented its token`)
      return
    }
    if (lost.has(last.token)) return
    lost.add(last.token)
    if (last.deliveredAt === null || last.run === null) {
      this.#count.lostUnanswered += 1
      return
    }
    const unsavedMs = this.#ranMs(this.#run(last.run), last.deliveredAt)
    this.#count.lostAnswered += 1
    this.#count.longestUnsavedMs = Math.max(this.#count.longestUnsavedMs, unsavedMs)
    if (unsavedMs > this.#options.saveWithinMs)
      this.#wrong(`${who}; run ${last.run} had the answer, and ran ${Math.round(unsavedMs)} ms more`)
  }

  /** How long a killed run was running between a moment and its end. */
  #ranMs({ killedAt, stops }: RunSeen, from: number): number {
    const to = killedAt ?? from
    const stood = stops.map(stop => Math.max(0, Math.min(to, stop.to) - Math.max(from, stop.from)))
    return Math.max(0, to - from - stood.reduce((sum, ms) => sum + ms, 0))
  }

  #stored({ account, generation }: RaceEvent & { type: 'stored' }): void {
    const seen = this.#account(account)
    if (generation === null) this.#wrong(`the record of ${account} could not be read`)
    else if (generation < seen.generation)
      this.#wrong(`the record of ${account} went back from generation ${seen.generation} to ${generation}`)
    else seen.generation = generation
  }

  #isKilled(run: number | null): boolean {
    // Whose sender could not be told was gone by then, and nothing but a kill takes one away in the middle.
    return run === null || this.#run(run).killedAt !== null
  }

  #account(name: string): AccountSeen {
    const known = this.#accounts.get(name)
    if (known !== undefined) return known
    const fresh = {
      presentations: [],
      current: 0,
      generation: 0,
      consents: new Set<number>(),
      lost: new Set<number>(),
    }
    this.#accounts.set(name, fresh)
    return fresh
  }

  #run(run: number): RunSeen {
    const known = this.#runs.get(run)
    if (known === undefined) throw new Error(`run ${run} did not start`)
    return known
  }

  #wrong(what: string): void {
    this.#violations.push(what)
  }
}

/** Whether another had been refused the same token before: only the first must say what was lost. */
function isAgain(own: readonly Presentation[], { presentations }: AccountSeen): boolean {
  const last = own.at(-1)
  return presentations.some(
    each => each !== last && each.token === last?.token && !each.accepted && !own.includes(each),
  )
}
