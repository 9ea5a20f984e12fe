/** The request for a proof: taken once, by the run that nobody typed, in the place of its work or beside it. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Exit } from '../../../src/cli/exit.ts'
import { requestCheck, withdrawRequest, withProof } from '../../../src/cli/schedules/check-request.ts'
import { readScheduledCheck } from '../../../src/cli/schedules/scheduled-check.ts'
import type { World } from '../../../src/cli/world.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { MINUTE } from '../../../src/tokens/time.ts'
import { stateOf } from '../../support/broken-world.ts'
import type { FakeClock } from '../../support/clock.ts'
import { doctorWorld, soundHome } from '../../support/doctor-world.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { screen } from '../render/screen.ts'

const files = createNodeFiles()
const proven = (home: string) => readScheduledCheck(stateOf(home), files) !== undefined

/** Runs work that notes that it ran. */
async function run(
  world: World,
  isWholeRun = true,
): Promise<{ readonly exit: Exit; readonly worked: boolean }> {
  let worked = false
  const exit = await withProof(isWholeRun, world, async () => {
    worked = true
    return 4
  })
  await world.close()
  return { exit, worked }
}

describe('a request', () => {
  test('for a run that is started for it: it proves, and does nothing else', async () => {
    const home = await soundHome()
    const world = doctorWorld(home)
    requestCheck(true, world)
    expect(await run(world)).toEqual({ exit: 0, worked: false })
    expect(proven(home)).toBe(true)
    expect(await run(doctorWorld(home))).toEqual({ exit: 4, worked: true })
  })

  test('that nobody took in time: the run does its work, and proves beside it', async () => {
    const home = await soundHome()
    const world = doctorWorld(home)
    requestCheck(true, world)
    ;(world.clock as FakeClock).advance(3 * MINUTE)
    expect(await run(world)).toEqual({ exit: 4, worked: true })
    expect(proven(home)).toBe(true)
  })

  test('for the next run: beside its work, which it changes in nothing', async () => {
    const home = await soundHome()
    const world = doctorWorld(home)
    requestCheck(false, world)
    expect(await run(world)).toEqual({ exit: 4, worked: true })
    expect(proven(home)).toBe(true)
  })

  test('is proven also where the work ends in an error, which stays the run’s end', async () => {
    const home = await soundHome()
    const world = doctorWorld(home)
    requestCheck(false, world)
    const work = () => Promise.reject(new TokenctlError('VAULT_LOCKED', 'locked'))
    await expect(withProof(true, world, work)).rejects.toMatchObject({ code: 'VAULT_LOCKED' })
    expect(proven(home)).toBe(true)
  })

  test.each<[string, () => Promise<Exit>, object]>([
    ['well', async () => 0, { status: 'fulfilled', value: 0 }],
    [
      'in an error',
      () => Promise.reject(new TokenctlError('VAULT_LOCKED', 'locked')),
      { status: 'rejected', reason: expect.objectContaining({ code: 'VAULT_LOCKED' }) },
    ],
  ])('a proof that itself fails is a note, where the work ended %s', async (_, work, end) => {
    const home = await soundHome()
    const world = Object.assign(doctorWorld(home), {
      machine: () => Promise.reject(new TypeError('a fault of ours')),
    })
    requestCheck(false, world)
    const [ended] = await Promise.allSettled([withProof(true, world, work)])
    expect(ended).toMatchObject(end)
    const { shown } = world.terminal as ReturnType<typeof screen>
    expect(shown.err).toMatch(/^Note: this run could not look at what it can do\. /)
  })

  test('a proof that finds a problem is one line on standard error', async () => {
    const home = await soundHome()
    const world = doctorWorld(home, { machine: { nodeVersion: '18.0.0' } })
    requestCheck(false, world)
    await run(world)
    const { shown } = world.terminal as ReturnType<typeof screen>
    expect(shown).toEqual({
      out: '',
      err: expect.stringMatching(/^Note: this run .* found 1 problem; .*\n$/),
    })
  })
})

describe('is left where it is', () => {
  test('by a run over some accounts, and by a person at a terminal', async () => {
    const home = await soundHome()
    requestCheck(false, doctorWorld(home))
    expect(await run(doctorWorld(home), false)).toEqual({ exit: 4, worked: true })
    expect(await run(Object.assign(doctorWorld(home), { terminal: screen(80) }))).toEqual({
      exit: 4,
      worked: true,
    })
    expect(proven(home)).toBe(false)
    expect(withdrawRequest(doctorWorld(home))).toBe(true)
    expect(withdrawRequest(doctorWorld(home))).toBe(false)
  })

  test('and where there is none, nothing is made', async () => {
    const home = temporaryHome()
    expect(await run(doctorWorld(home))).toEqual({ exit: 4, worked: true })
    expect(readdirSync(home)).toEqual([])
  })
})

test.each(['', '{', '{"version":2}'])(
  'a request that is none (%j) is taken, and proven beside the work',
  async text => {
    const home = await soundHome()
    const path = join(stateOf(home), 'scheduled-check-wanted.json')
    writeFileSync(path, text, { mode: 0o600 })
    expect(await run(doctorWorld(home))).toEqual({ exit: 4, worked: true })
    expect(existsSync(path)).toBe(false)
  },
)

test('one that another user left is none', async () => {
  const home = temporaryHome()
  mkdirSync(stateOf(home), { mode: 0o700 })
  writeFileSync(join(stateOf(home), 'scheduled-check-wanted.json'), '{}', { mode: 0o666 })
  const world = doctorWorld(home)
  const others = createNodeFiles({ platform: 'linux', uid: (process.getuid?.() ?? 0) + 1 })
  expect(await run(Object.assign(world, { files: others }))).toEqual({ exit: 4, worked: true })
  expect(proven(home)).toBe(false)
})
