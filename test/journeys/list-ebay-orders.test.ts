/** The example for shell scripts, as it ships: run by the system's own shell, with the real curl, against the simulator. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { connectedHome, newestToken, shop, simulated } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, type Run } from '../support/tokenctl.ts'

const SCRIPT = join(import.meta.dirname, '../../examples/list-ebay-orders.sh')

const curl = spawnSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).stdout.trim()
const hasBash = spawnSync('bash', ['--version']).status === 0

/** Why it cannot be run here; in CI it must be. */
function curlMissing(): boolean {
  if (curl === '' && process.env['CI'] === 'true') throw new Error('curl must be installed in CI.')
  return curl === ''
}

let simulator: Simulator
let home: string
/** A folder with `tokenctl` as `npm link` makes one, and a `curl` that writes down what it was started with. */
let bin: string

beforeEach(async () => {
  simulator = await simulated([shop('ebay:main', 20, 547)])
  home = await connectedHome(simulator)
  bin = temporaryHome()
  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  program('tokenctl', `exec '${NODE}' '${BIN}' "$@"`)
  program('curl', `{ printf '%s\\n' "$@"; env; } >> '${bin}/started'; exec '${curl}' "$@"`)
  symlinkSync(NODE, join(bin, 'node'))
})

function script(args: readonly string[] = [], env: Record<string, string> = {}, shell = 'sh'): Promise<Run> {
  const PATH = `${bin}${delimiter}${process.env['PATH'] ?? ''}`
  const all = environmentOf({ home, env: { PATH, EBAY_API: simulator.origin, ...env } })
  const child = spawn(shell, [SCRIPT, ...args], { env: all })
  child.stdin.end()
  return ended(child)
}

describe('examples/list-ebay-orders.sh', () => {
  test('lists the orders, page by page or at once, by a token that nobody else sees', async context => {
    context.skip(curlMissing(), 'curl is not installed')
    const all = await script()
    expect(all).toMatchObject({ status: 0, stderr: '' })
    expect(all.stdout).toMatch(/^(\d\d-\d{5}-\d{5}\n){5}$/)
    for (const page of ['2', '5', '200'])
      expect(await script(['ebay:main'], { EBAY_PAGE: page })).toEqual(all)
    if (hasBash) expect(await script([], {}, 'bash')).toEqual(all)
    const outcomes = simulator.requests().map(({ outcome }) => outcome)
    expect(outcomes.filter(outcome => outcome === 'refreshed')).toHaveLength(1)
    expect(outcomes.filter(outcome => outcome === 'orders listed').length).toBeGreaterThan(6)
    const token = newestToken(simulator, 'ebay:main')
    const started = readFileSync(join(bin, 'started'), 'utf8')
    expect(started).toContain('/sell/fulfillment/v1/order?limit=50&offset=0')
    expect(started).not.toContain(token)
  })

  test.each(['08', '0', '201', '1000', '-1', 'x', '5 5', ' '])('a page of %j is none', async page => {
    const { status, stdout, stderr } = await script([], { EBAY_PAGE: page })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toBe('EBAY_PAGE must be a number from 1 to 200.\n')
    expect(simulator.requests()).toEqual([])
  })

  test.each(['sh', ...(hasBash ? ['bash'] : [])])(
    'without a token it ends as tokenctl does, and asks nobody (%s)',
    async shell => {
      simulator.endConsent('ebay:main')
      const { status, stdout, stderr } = await script([], {}, shell)
      expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
      expect(stderr).toContain('[GRANT_REJECTED]')
      expect(existsSync(join(bin, 'started'))).toBe(false)
    },
  )

  test.for(['503', 'html'] as const)('an answer that is none (%s) is no list', async (fault, context) => {
    context.skip(curlMissing(), 'curl is not installed')
    simulator.fault('ebay-orders', fault)
    const { status, stdout } = await script()
    expect(status).not.toBe(0)
    expect(stdout).toBe('')
  })
})
