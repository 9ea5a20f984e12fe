/** The proof after an install: what a run that was started saw, one that saw another home, and one that comes later. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withProof } from '../../src/cli/check-request.ts'
import { lastProof, lastProofWords, proofBySchedule } from '../../src/cli/schedule-proof.ts'
import type { Scheduler } from '../../src/cli/schedulers/scheduler.ts'
import type { Job } from '../../src/schedule/job.ts'
import { stateOf } from '../support/broken-world.ts'
import { type DoctorWorldOptions, doctorWorld, soundHome } from '../support/doctor-world.ts'

/** A proof by a scheduler that starts the job like this. */
async function prove(home: string, startNow: (() => Promise<boolean>) | undefined) {
  const scheduler = { kind: 'systemd', ...(startNow && { startNow }) } as Scheduler
  return await proofBySchedule(doctorWorld(home))(scheduler, {} as Job)
}

/** A job that renews nothing, in a world of its own, as a scheduler starts one. */
const job =
  (home: string, options: DoctorWorldOptions = {}) =>
  async () => {
    const world = doctorWorld(home, options)
    await withProof(true, world, async () => expect.unreachable('it was started for the proof alone'))
    await world.close()
    return true
  }

test('a run that can do its work', async () => {
  const home = await soundHome()
  const proof = await prove(home, job(home))
  expect(proof?.passed).toBe(true)
  expect(proof?.messages.join(' ')).toMatch(
    /^Proven: started by the scheduler as \w+, by Node 2\d\..*opened the vault/,
  )
  expect(lastProof(doctorWorld(home))).toEqual({ at: '2026-11-22T10:00:00Z', passed: true })
})

test('a run that cannot: what is wrong in its place, and what mends it', async () => {
  const home = await soundHome()
  const proof = await prove(home, job(home, { env: { TOKENCTL_KEY_FILE: '/nonexistent/vault.key' } }))
  expect(proof?.passed).toBe(false)
  expect(proof?.messages.join('\n')).toMatch(/^Problem: .*\/nonexistent\/vault\.key.*\nFix: /m)
  const last = lastProof(doctorWorld(home))
  expect(last && lastProofWords(last)).toMatch(/could not do its work: `tokenctl doctor` says why/)
})

test('a run that works on another home is no proof', async () => {
  const home = await soundHome()
  const proof = await prove(home, async () => true)
  expect(proof?.passed).toBe(false)
  expect(proof?.messages[0]).toMatch(/did not look into the state folder of this home/)
  expect(existsSync(join(stateOf(home), 'scheduled-check-wanted.json'))).toBe(false)
})

test.each([
  ['cannot be started now', undefined],
  ['was not started', async () => false],
])('a run that %s: a later one looks, and that is said', async (_, startNow) => {
  const home = await soundHome()
  const proof = await prove(home, startNow)
  expect(proof?.passed).toBeNull()
  expect(proof?.messages.join(' ')).toMatch(/The first scheduled run looks .*`tokenctl doctor` tells/)
  expect(existsSync(join(stateOf(home), 'scheduled-check-wanted.json'))).toBe(true)
})

test('an old proof is not taken for a new one', async () => {
  const home = await soundHome()
  await prove(home, job(home))
  const world = doctorWorld(home)
  Object.assign(world, { clock: { ...world.clock, now: () => Date.UTC(2026, 10, 23) } })
  const proof = await proofBySchedule(world)({ startNow: async () => true } as Scheduler, {} as Job)
  expect(proof?.passed).toBe(false)
})
