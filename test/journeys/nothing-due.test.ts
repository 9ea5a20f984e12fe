/**
 * What the scheduled run costs on most days: a thousand accounts, nothing due. The bars are wide, so that a busy machine
 * breaks none; what breaks one opens records, loads what it does not need, or asks somebody. `npm run bench:unattended`
 * measures the same against the true bars.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DAY, toIso } from '../../src/tokens/time.ts'
import { writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, environmentOf, NODE, tokenctl } from '../support/tokenctl.ts'

const ACCOUNTS = 1000
const LONGEST_MS = 3000
const MOST_MIB = 150

// What the process itself can tell as it ends: its greatest size, and whom it asked.
const PROBE = `const net = require('node:net'), dns = require('node:dns')
let asked = 0
for (const [holder, name] of [[net.Socket.prototype, 'connect'], [dns, 'lookup'], [dns.promises, 'lookup']]) {
  const real = holder[name]
  holder[name] = function (...args) { asked += 1; return real.apply(this, args) }
}
process.on('exit', () => {
  const mebibytes = process.resourceUsage().maxRSS / 1024
  require('node:fs').writeSync(3, JSON.stringify({ mebibytes, asked }))
})
`

const ago = (days: number) => toIso(Date.now() - days * DAY)

function document(): string {
  const tokens = [
    (index: number) => ({ account: `ebay:shop-${index}`, refreshToken: `v^1.1#made-up-${index}` }),
    (index: number) => ({
      account: `amazon:shop-${index}`,
      refreshToken: `Atzr|made-up-${index}`,
      region: 'eu',
    }),
    (index: number) => ({
      account: `aliexpress:shop-${index}`,
      refreshToken: `50001600030made-up-${index}`,
      endsAt: ago(-200),
    }),
  ]
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => ({
    app: 'default',
    consentAt: ago(60),
    renewedAt: ago(1 + (index % 30)),
    ...tokens[index % 3]?.(index),
  }))
  return JSON.stringify({ version: 1, accounts })
}

test(`over ${ACCOUNTS} accounts with nothing due: soon over, small, and nobody is asked`, async () => {
  const home = temporaryHome()
  writeSettings(home, { store: 'file' })
  expect(await tokenctl(['import'], { home, input: document() })).toMatchObject({ status: 0 })
  const probe = join(temporaryHome(), 'probe.cjs')
  writeFileSync(probe, PROBE)
  const runs = Array.from({ length: 3 }, () => {
    const began = performance.now()
    const { status, output } = spawnSync(NODE, ['--require', probe, BIN, 'renew', '--all', '--due'], {
      env: environmentOf({ home }),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    expect([status, output[1], output[2]]).toEqual([0, '', 'Nothing is due.\n'])
    const { mebibytes, asked } = JSON.parse(output[3] ?? '') as { mebibytes: number; asked: number }
    return { ms: performance.now() - began, mebibytes, asked }
  })
  expect(runs.map(({ asked }) => asked)).toEqual([0, 0, 0])
  // The quickest: what slows one run down is mostly another program.
  expect(Math.min(...runs.map(({ ms }) => ms))).toBeLessThan(LONGEST_MS)
  expect(Math.max(...runs.map(({ mebibytes }) => mebibytes))).toBeLessThan(MOST_MIB)
}, 120_000)
