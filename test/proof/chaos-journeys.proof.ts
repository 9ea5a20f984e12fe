/** The tears in which nothing ever comes, so that the program's own deadline ends them: two minutes. */
import { expect, test } from 'vitest'
import { drop, swallow } from '../support/chaos-faults.ts'
import { tear } from './chaos-journeys.ts'

const RENEWED = { status: 0, code: null, state: 'ok', next: { status: 0, code: null } }
const OPEN = { status: 4, code: 'NETWORK_FAILED', state: 'unconfirmed' }

test.each([
  // By then no server that takes a token twice for a while still would, so nothing is replayed.
  ['the answer never comes', drop, { status: 3, code: 'ANSWER_LOST' }],
  ['the request never arrives', swallow, { status: 0, code: null }],
] as const)('%s, once', async (name, fault, next) => {
  const torn = await tear(fault)
  const ms = Object.values(torn).map(each => Math.round(each.ms))
  console.info(`${name}: ${ms.join(', ')} ms`)
  expect(torn).toMatchObject({ ebay: RENEWED, amazon: RENEWED, aliexpress: { ...OPEN, next } })
  for (const each of ms) expect(each).toBeLessThan(35_000)
})
