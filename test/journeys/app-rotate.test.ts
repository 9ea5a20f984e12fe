/**
 * An app's secret is replaced, as a person and a script do it: on the built program, the file store, and an Amazon that
 * takes the old secret beside the new one, and the new one sometimes not at once.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { DAY } from '../../src/tokens/time.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { inTerminal, tmuxMissing } from '../support/tmux.ts'
import { tokenctl } from '../support/tokenctl.ts'

const ROTATE = ['app', 'rotate', 'amazon']

/** Two Amazon shops of one app, and a home that holds them. */
async function connected(): Promise<{ simulator: Simulator; home: string }> {
  const simulator = await simulated([shop('amazon:main', 30, 365), shop('amazon:outlet', 20, 365)])
  return { simulator, home: await connectedHome(simulator) }
}

async function appOf(home: string) {
  const { stdout } = await tokenctl(['status', '--json'], { home })
  return statusSchema.parse(JSON.parse(stdout)).apps.find(({ marketplace }) => marketplace === 'amazon')
}

/** Every byte of every file in a folder. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path, 'latin1'))
    .join('\n')
}

const outcomes = (simulator: Simulator) => simulator.requests().map(({ outcome }) => outcome)

describe('a new secret from standard input', () => {
  test.each([
    ['alone', (secret: string) => `${secret}\n`],
    ['as an object', (clientSecret: string) => JSON.stringify({ clientSecret })],
  ])('%s: it is proved, stored, and used from then on', async (_, written) => {
    const { simulator, home } = await connected()
    const { clientSecret } = simulator.rotateSecret()
    const before = Date.now()
    const { status, stdout, stderr } = await tokenctl([...ROTATE, '--stdin'], {
      home,
      input: written(clientSecret),
    })
    expect(stderr).toBe('`tokenctl status` shows both dates.\n')
    expect(stdout).toMatch(/^Amazon takes the new secret of app default \(asked with amazon:(main|outlet)\)/)
    expect(status).toBe(0)
    expect(outcomes(simulator)).toEqual(['refreshed'])
    const app = await appOf(home)
    const issuedAt = Date.parse(app?.secretIssuedAt ?? '')
    expect(issuedAt).toBeGreaterThanOrEqual(before)
    expect(Date.parse(app?.previousEndsAt ?? '')).toBe(issuedAt + 7 * DAY)
    expect(Date.parse(app?.secretEndsAt ?? '')).toBe(issuedAt + 180 * DAY)
    const shown = await tokenctl(['status'], { home })
    expect(shown.stdout).toMatch(
      /^Amazon app default: ok, .*; the old secret answers until \d{4}-\d\d-\d\d$/m,
    )
    expect((await tokenctl(['renew', 'amazon'], { home })).status).toBe(0)
    expect(outcomes(simulator)).toEqual(['refreshed', 'refreshed', 'refreshed'])
    expect((await tokenctl(['status', '--verify'], { home })).status).toBe(0)
    expect(stdout + stderr + everything(home)).not.toContain(clientSecret)
    const { stdout: told } = await tokenctl(['history', 'amazon:default'], { home })
    expect(told).toContain('app rotate')
  })
})

describe('one that Amazon does not take yet', () => {
  test('is not stored, 3; the old one goes on', async () => {
    const { simulator, home } = await connected()
    const { clientSecret } = simulator.rotateSecret({ delaySeconds: 3600 })
    const before = await appOf(home)
    const { status, stdout, stderr } = await tokenctl([...ROTATE, '--stdin'], { home, input: clientSecret })
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /^Error: Amazon does not take the new secret: .*Nothing was changed\. \[CLIENT_REJECTED\]\nFix: /,
    )
    expect(stderr).toMatch(/30 minutes .*run `tokenctl app rotate amazon` again\.\nRequest id: /)
    expect(status).toBe(3)
    expect(stderr + everything(home)).not.toContain(clientSecret)
    expect(await appOf(home)).toEqual(before)
    expect((await tokenctl(['renew', 'amazon'], { home })).status).toBe(0)
  })

  test('stored unproven while Amazon was down, the old one is used, and that is said once', async () => {
    const { simulator, home } = await connected()
    const { clientSecret } = simulator.rotateSecret({ delaySeconds: 3600 })
    simulator.fault('amazon', '503', { times: 9 })
    const run = await tokenctl([...ROTATE, '--stdin'], { home, input: clientSecret })
    expect([run.status, run.stderr]).toEqual([
      4,
      expect.stringMatching(/\[MARKETPLACE_DOWN\][\s\S]*--unproven/),
    ])
    const kept = await tokenctl([...ROTATE, '--stdin', '--unproven'], { home, input: clientSecret })
    expect([kept.status, kept.stderr]).toEqual([0, expect.stringMatching(/^Not proven: amazon:\w+: Amazon /)])
    simulator.clearFaults('amazon')
    const asked = simulator.requests().length
    const { status, stderr } = await tokenctl(['renew', 'amazon', '--concurrency', '1'], { home })
    expect(stderr).toBe(
      'Amazon does not take the new secret of app default yet; the one before it is tried. `tokenctl status` says until when that one is good.\n',
    )
    expect(status).toBe(0)
    expect(outcomes(simulator).slice(asked)).toEqual([
      'invalid_client',
      'refreshed',
      'invalid_client',
      'refreshed',
    ])
  })
})

test('what is no new secret: 2, and nobody is asked', async () => {
  const { simulator, home } = await connected()
  const keys = simulator.importDocument().apps.find(({ marketplace }) => marketplace === 'amazon')?.keys ?? {}
  for (const input of [keys['clientSecret'] ?? '', keys['clientId'] ?? '', '', '{}', JSON.stringify(keys)]) {
    const { status, stdout, stderr } = await tokenctl([...ROTATE, '--stdin'], { home, input })
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).not.toContain(keys['clientSecret'])
  }
  const { status, stderr } = await tokenctl(ROTATE, { home })
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/--stdin.*\[ANSWER_MISSING\]|\[ANSWER_MISSING\][\s\S]*--stdin/),
  ])
  expect(simulator.requests()).toEqual([])
})

const missing = tmuxMissing()

describe.skipIf(missing !== undefined)(`at a terminal (${missing ?? 'tmux'})`, () => {
  test('a paste is not shown; Ctrl-C in its place changes nothing', async () => {
    const { simulator, home } = await connected()
    const before = await appOf(home)
    const stopped = inTerminal(ROTATE, { home })
    await stopped.shows('New LWA client secret for Amazon app default:')
    stopped.press('C-c')
    expect(await stopped.ended()).toBe(130)
    stopped.close()
    expect(await appOf(home)).toEqual(before)
    const { clientSecret } = simulator.rotateSecret()
    const run = inTerminal(ROTATE, { home })
    await run.shows('New LWA client secret for Amazon app default:')
    run.paste(clientSecret, 'bracketed')
    run.press('Enter')
    expect(await run.ended()).toBe(0)
    const screen = run.screen()
    run.close()
    expect(screen).toContain('Amazon takes the new secret of app default')
    expect(screen.replace(/\s/g, '')).not.toContain(clientSecret.slice(-20))
    expect((await appOf(home))?.previousEndsAt).not.toBeNull()
  })
})
