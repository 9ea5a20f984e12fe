/**
 * The answer to a renewal, cut after its bytes: three marketplaces, what is believed of their tokens and what is true
 * of them, four ways for a connection to end. One suite for the slice of the default tests and for the whole proof.
 */
import { describe, expect, test } from 'vitest'
import { VENDORS } from '../../src/simulator/vendors.ts'
import type { Ending } from '../support/chaos-faults.ts'
import { type Bench, openBench } from './chaos-bench.ts'
import { bytesToToken, type CutPoint, cutAt } from './chaos-cuts.ts'
import { MODES } from './modes.ts'

/** `whole` cuts after every byte, by FIN and by RST; `slice` after some of each part. The four ways take turns. */
type Scope = 'slice' | 'whole'

const ENDINGS: readonly Ending[] = ['fin', 'rst', 'fin-late', 'rst-late']

/** The bytes after which the answer is cut: all, or some from each part and all around the end of the token. */
function offsets(reply: Buffer, scope: Scope): readonly number[] {
  const all = Array.from({ length: reply.length + 1 }, (_, offset) => offset)
  if (scope === 'whole') return all
  const token = bytesToToken(reply) ?? reply.length
  const body = reply.indexOf('\r\n\r\n') + 4
  const marked = [0, body, token, reply.length].flatMap(at => [at - 1, at, at + 1])
  return all.filter(offset => marked.includes(offset) || offset % 97 === 0)
}

/** What a run through the bench's own client answers with, in bytes. */
async function sample(bench: Bench): Promise<Buffer> {
  await bench.renew()
  return bench.proxy.exchanges.at(-1)?.replies[0] ?? Buffer.alloc(0)
}

async function sweep(bench: Bench, scope: Scope): Promise<readonly CutPoint[]> {
  const points: CutPoint[] = []
  for (const [index, offset] of offsets(await sample(bench), scope).entries())
    for (const ending of endings(index, scope)) points.push(await cutAt(bench, offset, ending))
  return points
}

function endings(index: number, scope: Scope): readonly Ending[] {
  if (scope === 'slice') return ENDINGS.slice(index % ENDINGS.length).slice(0, 1)
  return index % 2 === 0 ? ['fin', 'rst-late'] : ['fin-late', 'rst']
}

const names = (points: readonly CutPoint[]) =>
  points.map(({ offset, length, ending, said }) => `${offset}/${length} ${ending}: ${said}`)

function tally(points: readonly CutPoint[]): string {
  const counts = new Map<string, number>()
  for (const each of points) counts.set(each.class, (counts.get(each.class) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
}

/** A test for each marketplace and mode. */
export function cutSuite(scope: Scope): void {
  describe.each(VENDORS)('the answer of %s, cut', marketplace => {
    test.each(MODES)('believed $belief, in truth $server', async mode => {
      const bench = await openBench({ marketplace, ...mode })
      try {
        const points = await sweep(bench, scope)
        console.info(`${marketplace} ${mode.belief}/${mode.server}: ${points.length} cuts, ${tally(points)}`)
        expect(points.length).toBeGreaterThan(10)
        expect(names(points.filter(each => each.class === 'wrong'))).toEqual([])
        const lost = points.filter(each => each.class === 'lost, said so')
        // Only a server that takes no token twice can make a lost answer cost the account.
        if (mode.server !== 'strict') expect(names(lost)).toEqual([])
        // What had come whole is not lost, whatever became of the rest of the answer.
        expect(names(lost.filter(each => each.tokenArrived))).toEqual([])
      } finally {
        await bench.close()
      }
    })
  })
}
