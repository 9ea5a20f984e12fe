/**
 * The program's own files are taken away, or replaced by its next version's, while a command waits for a marketplace: what
 * comes after the answer is done, or told in plain words and done by the next run.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/errors.ts'
import type { Fault } from '../../src/simulator/faults.ts'
import { ALL_DUE, expectKept, HOWS, inFiles } from '../support/disturbed-home.ts'
import { expectPlain, expectReplaced } from '../support/replaced-program.ts'
import { newestToken } from '../support/simulator.ts'
import { tokenctl } from '../support/tokenctl.ts'

const GONE = /A part of tokenctl is gone: it was replaced or removed while it ran\./

describe('several accounts, one after the other', () => {
  test.each(HOWS)('%s: those after it are told, not asked, and renewed by the next run', async how => {
    const world = await inFiles(how)
    const run = await world.run(['renew', '--all', '--due', '--concurrency', '1'])
    expect(run.status).toBe(ERROR_CODES.PROGRAM_REPLACED.exit)
    expectPlain(run.stdout + run.stderr)
    const { simulator } = world
    const [asked, ...others] = simulator.requests().map(({ account }) => account)
    expect(others).toEqual([])
    expect(run.stdout).toMatch(new RegExp(`^${asked}: (Renewed|Amazon accepts)`, 'm'))
    expect(run.stdout.match(new RegExp(GONE, 'g'))).toHaveLength(2)
    expect(run.stdout).toMatch(/Fix: Run it again; what was answered until then is stored\./)
    expect(await world.after(['renew', '--all', '--due'])).toMatchObject({ status: 0, stderr: '' })
    expect(
      simulator
        .requests()
        .map(({ account, outcome }) => `${account} ${outcome}`)
        .sort(),
    ).toEqual(ALL_DUE.map(each => `${each} refreshed`))
    for (const account of ALL_DUE) await expectKept(world, account)
  })

  test.each(HOWS)('%s: all at once need nothing more', async how => {
    const world = await inFiles(how)
    expect(await world.run(['renew', '--all', '--due'])).toMatchObject({ status: 0, stderr: '' })
    for (const account of ALL_DUE) await expectKept(world, account)
  })
})

describe('other commands that ask', () => {
  test.each(HOWS)('%s: token prints it, exec runs its command', async how => {
    const token = await inFiles(how)
    // Nothing that lives long enough is there: it is asked for.
    const printed = await token.run(['token', 'aliexpress:main', '--min-valid', '20h'])
    expect(printed).toMatchObject({ status: 0, stderr: '' })
    await expectKept(token, 'aliexpress:main')
    const exec = await inFiles(how)
    const command = ['exec', 'ebay:main', '--', 'sh', '-c', 'echo "$EBAY_ACCESS_TOKEN"']
    const ran = await exec.run(command)
    expect(ran).toMatchObject({ status: 0, stderr: '' })
    expect(ran.stdout.trim()).toBe(newestToken(exec.simulator, 'ebay:main'))
    await expectKept(exec, 'ebay:main')
  })

  test.each(HOWS)('%s: set-amazon', async how => {
    const world = await inFiles(how)
    const input = world.simulator.newAmazonToken('amazon:main')
    const run = await world.run(['set-amazon', 'main', '--stdin'], { input })
    expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining('it is stored') })
    expectPlain(run.stderr)
    await expectKept(world, 'amazon:main')
  })

  test.each(HOWS)('%s: app rotate', async how => {
    const world = await inFiles(how)
    const { clientSecret } = world.simulator.rotateSecret()
    const run = await world.run(['app', 'rotate', 'amazon', '--stdin'], { input: clientSecret })
    expect(run).toMatchObject({ status: 0, stderr: '`tokenctl status` shows both dates.\n' })
    await expectKept(world, 'amazon:main')
    const apps = JSON.parse((await world.after(['status', '--json'])).stdout).apps
    expect(
      apps.find((app: { marketplace: string }) => app.marketplace === 'amazon').previousEndsAt,
    ).not.toBeNull()
  })

  test.each(HOWS)('%s: status --probe has proved them, and shows them or says why not', async how => {
    const world = await inFiles(how)
    const run = await world.run(['status', '--probe'])
    // What shows them may be loaded last.
    if (run.status !== 0) expectReplaced(run)
    expectPlain(run.stdout + run.stderr)
    for (const account of ['ebay:main', 'aliexpress:main']) await expectKept(world, account)
  })
})

test.each(HOWS)(
  '%s: what is handed on after a renewal goes with the next run, which nobody need be asked for',
  async how => {
    const world = await inFiles(how)
    const arrived = join(world.home, 'arrived')
    const to = [
      'accounts',
      'deliver-to',
      'aliexpress:main',
      '--tokens',
      'access',
      '--command',
      '--',
      '/usr/bin/tee',
      arrived,
    ]
    expect(await tokenctl(to, { home: world.home })).toMatchObject({ status: 0 })
    rmSync(arrived, { force: true })
    const run = await world.run(['renew', 'aliexpress:main'])
    expectPlain(run.stdout + run.stderr)
    expect(run.stdout).toMatch(/^aliexpress:main: Renewed; /)
    // What hands them on may be loaded last.
    if (run.status !== 0) {
      expectReplaced({ ...run, stdout: '' })
      expect(existsSync(arrived)).toBe(false)
      expect(await world.after(['deliver', 'aliexpress:main'])).toMatchObject({ status: 0 })
    }
    expect(readFileSync(arrived, 'utf8')).toContain(newestToken(world.simulator, 'aliexpress:main'))
    expect(world.simulator.requests()).toHaveLength(1)
  },
)

describe('a worker', () => {
  test.each(HOWS)('%s: once', async how => {
    const world = await inFiles(how)
    const run = await world.run(['worker', '--once', '--concurrency', '16'])
    expect(run).toMatchObject({ status: 0, stderr: '' })
    for (const account of ALL_DUE) await expectKept(world, account)
  })

  test.each(HOWS)('%s: one that stays ends with 4, so that what started it starts the next', async how => {
    const world = await inFiles(how)
    const run = await world.run(['worker', '--concurrency', '1', '--poll', '1s'])
    expect(run.status).toBe(ERROR_CODES.PROGRAM_REPLACED.exit)
    expectPlain(run.stdout + run.stderr)
    expect(run.stderr).toMatch(/\[PROGRAM_REPLACED\]/)
    expect(run.stderr).not.toContain('Trying again')
    const [first, ...others] = world.simulator.requests()
    expect(others).toEqual([])
    expect(await world.after(['worker', '--once'])).toMatchObject({ status: 0, stderr: '' })
    expect(world.simulator.requests()).toHaveLength(3)
    await expectKept(world, first?.account ?? '')
  })
})

describe('an answer that is none', () => {
  const FAULTS: readonly Fault[] = [
    'consent-ended',
    '500',
    'lost-reply',
    'truncated',
    'html',
    'secret-expired',
  ]

  test.each(
    FAULTS.flatMap(
      fault =>
        [
          ['ebay', fault],
          ['aliexpress', fault],
        ] as const,
    ),
  )('%s, %s: the same is said, and the same is known, as where the files stay', async (vendor, fault) => {
    const ends = []
    for (const how of ['stays', 'remove'] as const) {
      const world = await inFiles(how)
      world.simulator.fault(vendor, fault, { times: 9 })
      const { status, stdout, stderr } = await world.run(['renew', `${vendor}:main`])
      const said = (stdout + stderr).replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
      expectPlain(said)
      world.simulator.clearFaults(vendor)
      const { accounts } = JSON.parse((await world.after(['status', '--json'])).stdout)
      const [row] = accounts.filter((each: { account: string }) => each.account === `${vendor}:main`)
      const next = await world.after(['renew', `${vendor}:main`])
      ends.push({ status, said, state: row.state, next })
    }
    expect(ends[1]).toEqual(ends[0])
  })

  test.each(['consent-ended', '500'] as const)(
    '%s to a command that prints a token: its code and its exit',
    async fault => {
      const world = await inFiles('remove')
      world.simulator.fault('ebay', fault, { times: 9 })
      const run = await world.run(['token', 'ebay:main'])
      const code = fault === '500' ? 'MARKETPLACE_DOWN' : 'GRANT_REJECTED'
      expect(run).toMatchObject({ status: ERROR_CODES[code].exit, stdout: '' })
      expectPlain(run.stderr)
      expect(run.stderr).toContain(`[${code}]`)
    },
  )
})
