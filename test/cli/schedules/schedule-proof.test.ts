/** The proof after an install: what a run that was started saw, one that saw another home, and one that comes later. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Scheduler } from '../../../src/cli/schedulers/scheduler.ts'
import { withProof } from '../../../src/cli/schedules/check-request.ts'
import { lastProof, lastProofWords, proofBySchedule } from '../../../src/cli/schedules/schedule-proof.ts'
import type { HttpRequest } from '../../../src/platform/http.ts'
import type { Job } from '../../../src/schedule/job.ts'
import { PLAIN } from '../../schedule/sample-job.ts'
import { stateOf } from '../../support/broken-world.ts'
import { fakeClock } from '../../support/clock.ts'
import {
  type DoctorWorldOptions,
  doctorWorld,
  fineAccount,
  NOW,
  refusing,
  setSettings,
  soundHome,
} from '../../support/doctor-world.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { inUtc } from '../../support/time-zone.ts'

inUtc()

/** 10:00 for all, 10:17 on this machine. */
const JOB: Job = { ...PLAIN, at: '10:00', every: 'day', spread: 17 }

/** A proof by a scheduler that starts the job like this. */
async function prove(
  home: string,
  startNow: Scheduler['startNow'],
  { spreads = false, job = JOB, now = NOW } = {},
) {
  const scheduler = { kind: 'systemd', spreads, ...(startNow && { startNow }) } as Scheduler
  const world = Object.assign(doctorWorld(home), { clock: fakeClock(now) })
  return await proofBySchedule(world)(scheduler, job)
}

/** A job that renews nothing, in a world of its own, as a scheduler starts one. */
const job =
  (home: string, options: DoctorWorldOptions = {}) =>
  async () => {
    const world = doctorWorld(home, options)
    await withProof(true, world, async () => expect.unreachable('it was started for the proof alone'))
    await world.close()
    return 'ended' as const
  }

test('a run that can do its work', async () => {
  const home = await soundHome()
  const proof = await prove(home, job(home))
  expect(proof?.passed).toBe(true)
  expect(proof?.messages.join(' ')).toMatch(
    /^Proven: started by the scheduler as \w+, by Node 2\d\S+, it opened a record of aliexpress:main, reached the marketplaces and wrote its state\.$/,
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
  const proof = await prove(home, async () => 'ended')
  expect(proof?.passed).toBe(false)
  expect(proof?.messages[0]).toMatch(/did not look into the state folder of this home/)
  expect(existsSync(join(stateOf(home), 'scheduled-check-wanted.json'))).toBe(false)
})

test.each([
  ['cannot be started now', undefined],
  ['was not started', async () => 'not-started' as const],
])('a run that %s: a later one looks, and that is said', async (_, startNow) => {
  const home = await soundHome()
  const proof = await prove(home, startNow)
  expect(proof?.passed).toBeNull()
  expect(proof?.messages.join(' ')).toMatch(
    /The next scheduled run \(at 10:17\) looks .*`tokenctl doctor` tells what it saw, from then on\./,
  )
  expect(existsSync(join(stateOf(home), 'scheduled-check-wanted.json'))).toBe(true)
})

test('an old proof is not taken for a new one', async () => {
  const home = await soundHome()
  await prove(home, job(home))
  const world = doctorWorld(home)
  Object.assign(world, { clock: { ...world.clock, now: () => Date.UTC(2026, 10, 23) } })
  const proof = await proofBySchedule(world)({ startNow: async () => 'ended' } as unknown as Scheduler, JOB)
  expect(proof?.passed).toBe(false)
})

describe('what it says is what happened', () => {
  const NO_TOKEN = / No account holds a token yet, .* `tokenctl schedule install` again\.$/

  test('an empty home: it says nothing of a vault, and that this is not proven', async () => {
    const home = temporaryHome()
    setSettings(home, { store: 'file' })
    const proof = await prove(home, job(home))
    expect(proof).toMatchObject({ passed: null, messages: [expect.stringMatching(NO_TOKEN)] })
    expect(proof?.messages[0]).toMatch(/^Started by .* it reached the marketplaces and wrote its state\. /)
    expect(proof?.messages[0]).not.toMatch(/Proven:|opened/)
    const last = lastProof(doctorWorld(home))
    expect(last?.passed).toBeNull()
    expect(last && lastProofWords(last)).toMatch(/when no account held a token yet\.$/)
  })

  test('no store chosen where there is no keychain', async () => {
    const home = temporaryHome()
    const proof = await prove(home, job(home, { startHelper: () => Promise.reject(new Error('no bus')) }))
    expect(proof?.passed).not.toBe(true)
    expect(proof?.messages.join(' ')).not.toMatch(/Proven:|opened a|test item/)
  })

  test('accounts that are only tracked: a test item, and no record', async () => {
    const home = await soundHome({ accounts: [fineAccount('ebay:main', { holdsToken: false })] })
    const proof = await prove(home, job(home))
    expect(proof?.passed).toBe(true)
    expect(proof?.messages[0]).toMatch(
      / it wrote and read a test item, reached the marketplaces and wrote its state\.$/,
    )
  })

  test('a marketplace that is out of order was not reached', async () => {
    const home = await soundHome()
    const http = async (request: HttpRequest) =>
      request.url.includes('ebay') ? { ...(await refusing()), status: 503 } : await refusing()
    const proof = await prove(home, job(home, { http }))
    expect(proof?.passed).toBe(true)
    expect(proof?.messages).toEqual([
      expect.stringMatching(/, reached api\.amazon\.com and api-sg\.aliexpress\.com and wrote its state\.$/),
      expect.stringMatching(/^Note: eBay answers with HTTP 503/),
    ])
  })
})

describe('a run that comes later: when', () => {
  const at = (hour: number, minute: number) => Date.UTC(2026, 10, 22, hour, minute)
  test.each<[string, { spreads?: boolean; job?: Job; now: number }, string]>([
    ['today', { now: at(10, 16) }, 'at 10:17'],
    ['tomorrow', { now: at(10, 17) }, 'tomorrow at 10:17'],
    ['within the hour', { now: at(10, 30), spreads: true }, 'within 60 minutes after 10:00'],
    ['after it', { now: at(11, 0), spreads: true }, 'tomorrow within 60 minutes after 10:00'],
    ['several times a day', { now: at(10, 30), job: { ...JOB, every: '6h' } }, 'at 16:17'],
  ])('%s', async (_, options, words) => {
    const proof = await prove(await soundHome(), undefined, options)
    expect(proof?.messages.join()).toContain(`The next scheduled run (${words}) looks whether`)
  })

  test('one that was started and has not ended yet is not one that was not started', async () => {
    const home = await soundHome()
    const proof = await prove(home, async () => 'runs-still')
    expect(proof).toEqual({
      passed: null,
      messages: [expect.stringMatching(/was started and is still at work; /)],
    })
  })
})
