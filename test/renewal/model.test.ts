/**
 * Whatever is done in whatever order, and wherever a run is cut off: no token is lost that had reached this machine,
 * none is presented twice but as docs/reliability.md says, and once the faults end one renewal settles the account.
 * `PROOF_RUNS=100000` runs it for longer. A failure prints its seed, which PROOF_SEED repeats, and the commands.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recover } from '../../src/renewal/recover.ts'
import { Model } from './model.ts'
import { COMMANDS, renew } from './model-commands.ts'
import { check } from './model-invariants.ts'
import { meetFiles } from './model-outside.ts'
import type { Rule } from './model-server.ts'
import { NO_TROUBLE, refOf, type Setting, World } from './model-world.ts'

const RUNS = Number(process.env['PROOF_RUNS'] ?? 200)
const MS_A_RUN = 100
const SEED = process.env['PROOF_SEED']

let world: World
let restore: () => void
beforeAll(() => {
  restore = meetFiles(() => (world?.isRunning ? { folder: world.folder, outside: world.outside } : undefined))
})
afterAll(() => restore())

const rule: fc.Arbitrary<Rule> = fc.constantFrom<Rule>(
  { told: 'none', mode: 'none', reuseRevokes: false },
  { told: 'grace', mode: 'grace', reuseRevokes: false },
  { told: 'grace', mode: 'grace', reuseRevokes: true },
  { told: 'strict', mode: 'strict', reuseRevokes: false },
  { told: 'strict', mode: 'strict', reuseRevokes: true },
  { told: 'unknown', mode: 'none', reuseRevokes: false },
  { told: 'unknown', mode: 'grace', reuseRevokes: false },
  { told: 'unknown', mode: 'strict', reuseRevokes: false },
  { told: 'unknown', mode: 'strict', reuseRevokes: true },
)
const setting: fc.Arbitrary<Setting> = fc.record({
  store: fc.constantFrom('file' as const, 'memory' as const),
  rules: fc.record({ ebay: rule, amazon: rule }),
})

/** Faults have ended: what one named renewal makes of each account, and what is left then. */
async function settle(model: Model): Promise<void> {
  world.outside.isLocked = false
  world.outside.skewMs = 0
  const { accounts, journals: found } = await world.look()
  for (const name of found.keys()) {
    if (accounts.has(name)) continue
    // Of an account that is no more, or never was; the next writer of that name comes by.
    model.mode = 'other'
    await world.run(model, name, NO_TROUBLE, ({ ports }) => recover(refOf(name), ports))
    check(model, await world.look(), world)
  }
  for (const name of [...model.accounts.keys()]) await settleAccount(model, name)
  const { accounts: settled, journals } = await world.look()
  // Of an account without a token nothing is left that could be lost; the next token that is brought removes it.
  const left = [...journals.keys()].filter(name => settled.get(name)?.header.holdsToken !== false)
  expect(left, 'journals that are left').toEqual([])
  const gone = await world.asideAndGone()
  expect(gone, 'set aside, and gone').toEqual([])
}

async function settleAccount(model: Model, name: string, tries = 2): Promise<void> {
  const server = world.server(name)
  const before = await world.look()
  model.before = before
  const token = before.accounts.get(name)?.current ?? null
  const wasOpen = token !== null && server.rule.told !== 'none' && model.presentations.open.has(token)
  const result = await renew(model, world, name, 'named', NO_TROUBLE)
  const look = await world.look()
  check(model, look, world)
  const must = model.accounts.get(name)?.must ?? null
  if (result?.error === null) {
    const hasToken = look.accounts.get(name)?.current != null
    expect(result.outcome).toMatch(hasToken ? /^(renewed|proved)$/ : /^needs-person$/)
    if (must !== null)
      expect(world.server(name).takes(must) || world.server(name).isWithdrawn(must)).toBe(true)
    return
  }
  // It was the pasted token that was refused: the next renewal asks with the one before it.
  const hadPasted =
    before.accounts.get(name)?.pending != null || before.journals.get(name)?.purpose === 'brought'
  if (hadPasted && tries > 1) return await settleAccount(model, name, tries - 1)
  const code = result?.error?.code
  expect(code).toMatch(/^(GRANT_REJECTED|ANSWER_LOST|RECORD_UNREADABLE)$/)
  if (token === null || server.takes(token)) return
  expect(model.presentations.lost.has(token) || server.isWithdrawn(token), `${token} is refused`).toBe(true)
  if (before.accounts.get(name)?.header.refused !== null) return
  // A run that was killed before its question went out has left a mark too, and nobody can tell these two apart.
  if (wasOpen) expect(code).toBe('ANSWER_LOST')
  else if (!before.journals.has(name)) expect(code).toBe('GRANT_REJECTED')
}

test(
  'property: any order of commands, killed or hindered anywhere',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        setting,
        fc.commands(COMMANDS, { maxCommands: 14, size: 'max' }),
        async (given, commands) => {
          world = new World(given)
          try {
            await world.connect()
            const model = new Model()
            await fc.asyncModelRun(() => ({ model, real: world }), commands)
            await settle(model)
          } finally {
            world.close()
          }
        },
      ),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    )
  },
  30_000 + RUNS * MS_A_RUN,
)
