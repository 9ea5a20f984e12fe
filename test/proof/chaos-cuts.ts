/**
 * One renewal whose answer breaks off after so many bytes, the run after it, and the word for how that came out. Counts
 * are by marketplace, mode and ending; what must never happen has a name of its own, `wrong`, and says what it was.
 */
import type { RenewResult } from '../../src/renewal/ports.ts'
import { cutAfter, type Ending } from '../support/chaos-faults.ts'
import type { Bench } from './chaos-bench.ts'

/**
 * - `at once`: the run itself ended with the token in force stored
 * - `next run`: that run failed, and the next had the token in force
 * - `lost, said so`: gone, first seen as `unconfirmed` or at once as ANSWER_LOST, and never as anything else
 * - `wrong`: none of these
 */
export type CutClass = 'at once' | 'next run' | 'lost, said so' | 'wrong'

export interface CutPoint {
  readonly offset: number
  readonly ending: Ending
  /** The whole answer's length, in bytes. */
  readonly length: number
  /** Whether the new refresh token was among the bytes that went to the client, to its closing quote. */
  readonly tokenArrived: boolean
  readonly class: CutClass
  /** What both runs said, for the reader of a failure. */
  readonly said: string
}

/** How many bytes of an answer carry its refresh token whole; undefined where it has none. */
export function bytesToToken(reply: Buffer): number | undefined {
  const text = reply.toString('latin1')
  const found = /"refresh_token":"[^"]*"/.exec(text)
  return found === null ? undefined : found.index + found[0].length
}

/** Renews with an answer that is cut, renews again, and leaves the bench with a token that works. */
export async function cutAt(bench: Bench, offset: number, ending: Ending): Promise<CutPoint> {
  const before = bench.proxy.exchanges.length
  bench.faults.push(cutAfter(offset, ending))
  const first = await bench.renew()
  const reply = bench.proxy.exchanges[before]?.replies[0] ?? Buffer.alloc(0)
  const atOnce = accepted(first) && (await bench.holdsCurrent())
  const second = await bench.renew()
  const point = {
    offset,
    ending,
    length: reply.length,
    tokenArrived: offset >= (bytesToToken(reply) ?? Number.POSITIVE_INFINITY),
    class: await classOf(bench, { first, second, atOnce }),
    said: [first, second].map(wordsOf).join(' / '),
  }
  if (!accepted(second)) await bench.reseed()
  return point
}

interface Runs {
  readonly first: RenewResult | undefined
  readonly second: RenewResult | undefined
  readonly atOnce: boolean
}

async function classOf(bench: Bench, { first, second, atOnce }: Runs): Promise<CutClass> {
  if (accepted(second) && (await bench.holdsCurrent())) return atOnce ? 'at once' : 'next run'
  // A token is never blanked or written over because a refresh failed.
  if ((await bench.stored()).secrets.refreshToken === null) return 'wrong'
  // Said at once; whoever asks again by name only hears that the token is dead.
  if (first?.error?.code === 'ANSWER_LOST') return second?.error?.exit === 3 ? 'lost, said so' : 'wrong'
  const isOpen = first?.error?.exit === 4 && first.assessment?.state === 'unconfirmed'
  return isOpen && second?.error?.code === 'ANSWER_LOST' ? 'lost, said so' : 'wrong'
}

function accepted(result: RenewResult | undefined): boolean {
  return result?.outcome === 'renewed' || result?.outcome === 'proved'
}

function wordsOf(result: RenewResult | undefined): string {
  if (result === undefined) return 'left out'
  return [result.outcome, result.error?.code, result.assessment?.state].filter(Boolean).join(' ')
}
