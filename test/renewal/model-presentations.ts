/**
 * When a token may be presented, and when again: once its successor is held here never; after a question that went
 * unanswered only as docs/reliability.md says under "When an answer is lost".
 */
import { DAY, SECOND } from '../../src/tokens/time.ts'
import type { Model } from './model.ts'
import { isCode, type Taken } from './model-server.ts'
import type { Run, World } from './model-world.ts'

/** A question that went unanswered: in which run and when it was sent first, and how often again in that run. */
interface Open {
  readonly run: number
  readonly at: number
  readonly replays: number
}

/** Replays of a token that rotates come this soon after the question that was lost, in milliseconds. */
const REPLAY_WITHIN_MS = 10_000

export class Presentations {
  /** By token, where no answer came that decides. */
  readonly open = new Map<string, Open>()
  /** Tokens that the marketplace has replaced, where their successors are not held here. */
  readonly lost = new Set<string>()
  /** Tokens that were open when their account's journal was wanted for another. */
  readonly forgotten = new Set<string>()
  /** Tokens whose successors are held here. */
  readonly superseded = new Set<string>()
  readonly violations: string[] = []
  /** Codes that may have been taken, by the run that sent them. */
  readonly #codes = new Map<string, number>()
  /** What was open of the token before it was presented now. */
  #before: Open | undefined

  /** A token is about to be presented. */
  begin(token: string, account: string, model: Model, run: Run, world: World): void {
    const must = model.accounts.get(account)?.must ?? null
    if (isCode(token)) {
      if (this.#codes.get(token) === run.number) this.violations.push(`${token} was sent twice`)
      return
    }
    // What a person pastes is tried, whatever it is: there is nothing of it that could be lost here.
    const isPasted = token !== must && [...model.brought.values()].flat().includes(token)
    // An account has one journal: a pasted token that is tried takes the place of what it said of the stored one. Only
    // where Amazon's tokens rotate (they do not) would that tell a seller less of why the stored one is refused.
    if (token !== must && must !== null && this.open.delete(must)) this.forgotten.add(must)
    if (model.mode === 'other' || isPasted) return
    const wrong = this.#wrong(token, must, account, model, run, world)
    if (wrong !== undefined) this.violations.push(`${token} was sent ${wrong}`)
  }

  /** The marketplace took it, or did not; an answer may follow. */
  sent({ token, successor }: Taken, run: Run, now: number): void {
    if (isCode(token)) {
      this.#codes.set(token, run.number)
      return
    }
    this.#before = this.open.get(token)
    const { run: first, at, replays } = this.#before ?? { run: 0, at: now, replays: 0 }
    const isReplay = first === run.number
    this.open.set(token, { run: run.number, at: isReplay ? at : now, replays: isReplay ? replays + 1 : 0 })
    if (successor !== undefined && successor !== token) this.lost.add(token)
  }

  /** Its answer is here: a refusal decides, and one that was not taken leaves everything as it was. */
  answered({ token, tells }: Taken): void {
    if (isCode(token) && tells === 'not-taken') this.#codes.delete(token)
    if (tells === 'refused' || (tells === 'not-taken' && this.#before === undefined)) this.open.delete(token)
    else if (tells === 'not-taken' && this.#before !== undefined) this.open.set(token, this.#before)
  }

  /** Its successor, which may be itself, is held here. */
  succeeded(token: string, successor: string): void {
    this.open.delete(token)
    this.lost.delete(token)
    if (successor !== token) this.superseded.add(token)
  }

  #wrong(
    token: string,
    must: string | null,
    account: string,
    model: Model,
    run: Run,
    world: World,
  ): string | undefined {
    if (this.superseded.has(token)) return 'though it is past'
    if (token !== must) return `where ${must} is the one to send`
    const { told } = world.server(account).rule
    const open = this.open.get(token)
    if (open === undefined || told === 'none') return undefined
    if (open.run !== run.number) return againLater(account, model, run, world)
    if (told === 'strict') return 'again in one run, and is strict'
    if (open.replays > 0) return 'again for the second time in one run'
    return !run.jumped && world.now - open.at > REPLAY_WITHIN_MS ? 'again too late' : undefined
  }
}

/** In a later run: with a warning, or when there is no access token left that this could cost. */
function againLater(account: string, model: Model, { told, jumped }: Run, world: World): string | undefined {
  if (model.mode === 'named')
    return told.some(text => /answer to its last renewal was lost/.test(text))
      ? undefined
      : 'without a warning'
  const { accessExpiresAt = null, acceptedAt = null } = model.before?.accounts.get(account)?.header ?? {}
  // What a wrong clock dated ahead says nothing of how long a token lives.
  const isDatedAhead = acceptedAt !== null && acceptedAt > world.now + DAY
  const margin = world.adapter(account).renewBeforeSeconds * SECOND
  const isLiving = accessExpiresAt !== null && !isDatedAhead && accessExpiresAt - margin > world.now
  return isLiving && !jumped ? 'again while an access token lives' : undefined
}
