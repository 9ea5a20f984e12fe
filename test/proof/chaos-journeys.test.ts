/**
 * Every way in which the wire tears, for the built program: the right code and exit status, at once, and the right state
 * of the token afterwards. AliExpress stands for a token that rotates and of which nobody knows whether it is taken twice.
 */
import { expect, test } from 'vitest'
import {
  behind,
  cutAfter,
  drip,
  duplicate,
  early,
  halfClose,
  halfCloseInside,
  instead,
  resetAtOnce,
} from '../support/chaos-faults.ts'
import type { Fault } from '../support/chaos-proxy.ts'
import { tear } from './chaos-journeys.ts'

const allButOneByte: Fault = async exchange => {
  const reply = await exchange.ask()
  await exchange.send(reply.subarray(0, reply.length - 1))
  exchange.reset()
}

const GARBAGE = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 167 + 13) % 256))
const page = (status: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy`
const RENEWED = { status: 0, outcome: 'renewed', code: null, state: 'ok', next: { status: 0, code: null } }
const PROVED = { ...RENEWED, outcome: 'proved' }
const LOST = { status: 3, outcome: 'failed', code: 'ANSWER_LOST', state: 'rejected' }

/** Nothing is lost on any of the three, and the run itself mends it. */
const MENDED = { ebay: RENEWED, amazon: PROVED, aliexpress: RENEWED }
/** The token was replaced in an answer that never came whole: the replay learns that, and says it. */
const SPENT = { ebay: RENEWED, amazon: PROVED, aliexpress: LOST }

const CASES: readonly (readonly [string, Fault, typeof MENDED | typeof SPENT])[] = [
  ['a reset at the first byte of the request', resetAtOnce, MENDED],
  ['503 before the request is whole', early(page('503 Service Unavailable')), MENDED],
  ['the answer byte by byte', drip, MENDED],
  ['the request twice, and the first answer', duplicate('first'), MENDED],
  ['a whole answer and garbage behind it', behind(GARBAGE), MENDED],
  ['no byte of the answer, and FIN', cutAfter(0, 'fin'), SPENT],
  ['no byte of the answer, and RST', cutAfter(0, 'rst'), SPENT],
  ['half of the headers, and FIN', cutAfter(100, 'fin'), SPENT],
  ['half of the headers, and RST', cutAfter(100, 'rst'), SPENT],
  ['the half of the connection that answers shut', halfClose, SPENT],
  ['half of the answer, and that half shut', halfCloseInside, SPENT],
  ['garbage in place of the answer', instead(GARBAGE), SPENT],
  ['an HTTP page of garbage in place of the answer', instead(Buffer.from(page('200 OK'))), SPENT],
]

test.each(CASES)('%s', async (_, fault, expected) => {
  const torn = await tear(fault)
  expect(torn).toMatchObject(expected)
  for (const { ms, stderr } of Object.values(torn)) {
    expect(ms).toBeLessThan(10_000)
    expect(stderr).not.toMatch(/BUG|\bat .*:\d+:\d+/)
  }
})

test('the request twice, and the second answer: a refusal that nobody can tell from an honest one', async () => {
  const torn = await tear(duplicate('second'))
  expect(torn).toMatchObject({
    ebay: RENEWED,
    amazon: PROVED,
    aliexpress: { status: 3, code: 'GRANT_REJECTED', state: 'rejected', refreshes: 1 },
  })
})

test.each([
  ['no byte of the answer', cutAfter(0, 'rst')],
  ['half of the headers', cutAfter(100, 'fin')],
] as const)(
  '%s, where a token is known to be taken only once: open until the next run asks',
  async (_, fault) => {
    const torn = await tear(fault, 'strict')
    const open = {
      status: 4,
      code: 'NETWORK_FAILED',
      state: 'unconfirmed',
      refreshes: 1,
      next: { status: 3, code: 'ANSWER_LOST' },
    }
    expect(torn).toMatchObject({ ebay: open, amazon: open, aliexpress: open })
  },
)

test('the same with a grace: the replay wins the answer back', async () => {
  const torn = await tear(cutAfter(0, 'rst'), 'grace')
  expect(torn).toMatchObject({ ...MENDED, ebay: { ...RENEWED, refreshes: 2 } })
})

test.each(['grace', 'strict'] as const)(
  'all but the last byte, and rotation %s: what had come whole is kept',
  async mode => {
    const torn = await tear(allButOneByte, mode)
    const kept = { next: { status: 0, code: null } }
    expect(torn).toMatchObject({ ebay: kept, amazon: kept, aliexpress: kept })
  },
)
