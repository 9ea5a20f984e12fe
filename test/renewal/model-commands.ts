/** What a person, cron or the world can do next, each as one run of its own. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { planAccount } from '../../src/cli/moving/import-plan.ts'
import { revisionOf } from '../../src/cli/removing.ts'
import { isTokenctlError } from '../../src/errors.ts'
import { bringToken } from '../../src/renewal/bring-token.ts'
import { consent } from '../../src/renewal/consent.ts'
import { recover } from '../../src/renewal/recover.ts'
import { renewAll } from '../../src/renewal/renew-all.ts'
import { formatAccount } from '../../src/tokens/account.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { Model } from './model.ts'
import { check } from './model-invariants.ts'
import type { Trouble } from './model-outside.ts'
import { FATES } from './model-server.ts'
import { NO_TROUBLE, type Plan, type Run, refOf, type World } from './model-world.ts'

type Command = fc.AsyncCommand<Model, World>

/** Two of them more often: what goes wrong with one account takes several commands on it. */
const NAMES = [
  'ebay:one',
  'ebay:one',
  'ebay:one',
  'ebay:two',
  'amazon:one',
  'amazon:one',
  'amazon:two',
] as const

/** A command that is always tried; what it needs to be there it looks for itself. */
function command(words: string, run: (model: Model, world: World) => Promise<void>): Command {
  return {
    check: () => true,
    toString: () => words,
    run: async (model, world) => {
      model.before = await world.look()
      model.mode = 'other'
      await run(model, world)
      check(model, await world.look(), world)
    },
  }
}

/** Under the account's lock and after recovery, as every command of the program goes. */
async function underLock<T>({ vault, ports }: Run, account: string, work: () => Promise<T>): Promise<T> {
  return await vault.locks.hold(account, async () => {
    await recover(refOf(account), ports)
    return await work()
  })
}

/** One run of `renew`; its only result, undefined where it was left out or died. */
export async function renew(model: Model, world: World, account: string, mode: 'named' | 'due', plan: Plan) {
  model.mode = mode
  const ended = await world.run(model, account, plan, async ({ vault, ports }) => {
    const { accounts } = await vault.listing()
    const candidates = accounts
      .filter(header => header.account === account)
      .map(header => ({ account: refOf(account), header }))
    return await renewAll(candidates, { mode, concurrency: 1 }, ports)
  })
  if (ended !== undefined && 'error' in ended) throw ended.error
  const [result] = ended?.value ?? []
  if (result?.error?.code === 'BUG') throw result.error
  return result
}

async function setAmazon(model: Model, world: World, account: string, which: string, plan: Plan) {
  // `again`: as a person does who was told of a failure; a token that was accepted is not pasted a second time.
  const last = model.brought.get(account)?.find(each => !model.presentations.superseded.has(each))
  const fresh = () => world.server(account).consent()
  const token = which === 'bad' ? 'rt-of-nobody' : ((which === 'again' ? last : undefined) ?? fresh())
  model.brought.set(account, [token, ...(model.brought.get(account) ?? [])])
  const brought = { account: refOf(account), token: new Secret(token), app: null, region: null }
  const ended = await world.run(model, account, plan, ({ ports }) => bringToken(brought, ports))
  onlyOurs(ended)
  if (ended === undefined || 'error' in ended) return
  const held = model.accounts.get(account) ?? { must: null, pending: null, generation: 0 }
  if (ended.value.outcome === 'pending') model.accounts.set(account, { ...held, pending: token })
}

/** A new consent by the browser, from the code on. `again`: the code of the last one once more. */
async function login(model: Model, world: World, account: string, which: string, plan: Plan) {
  const again = which === 'again' ? model.codes.get(account) : undefined
  const code = which === 'bad' ? 'code-of-nobody' : (again ?? world.server(account).code())
  model.codes.set(account, code)
  const chosen = { app: null, region: null, seller: null, replacesSeller: true }
  const consented = { account: refOf(account), code: new Secret(code), ...chosen }
  onlyOurs(await world.run(model, account, plan, ({ ports }) => consent(consented, ports)))
}

/** A new consent, handed over in a document: `import --replace`. */
async function importToken(model: Model, world: World, account: string, plan: Plan) {
  const token = world.server(account).consent()
  const ended = await world.run(model, account, plan, async run => {
    const stored = await run.vault.account(refOf(account))
    const given = {
      account,
      app: 'default',
      environment: 'production' as const,
      refreshToken: new Secret(token),
      consentAt: world.now,
      renewedAt: null,
      endsAt: null,
      accessToken: null,
      accessExpiresAt: null,
      region: null,
      record: null,
    }
    const { change, next } = planAccount(given, stored, world.adapter(account).rotation)
    if (change === 'older') return
    await underLock(run, account, () => run.vault.saveAccount(next, stored?.revision ?? null))
  })
  onlyOurs(ended)
  const { accounts } = await world.look()
  const there = accounts.get(account)
  if (there?.current !== token) return
  model.accounts.set(account, { must: token, pending: null, generation: there.header.generation })
}

async function rename(
  model: Model,
  world: World,
  from: string,
  to: string,
  plan: Plan,
  isFinishing = false,
): Promise<void> {
  if (model.before?.accounts.has(from) !== true) return
  const ended = await world.run(model, from, plan, async run => {
    const [first = from, second = to] = [from, to].sort()
    await underLock(run, first, () =>
      underLock(run, second, () => run.vault.renameAccount(refOf(from), refOf(to))),
    )
  })
  onlyOurs(ended)
  const { accounts } = await world.look()
  const held = model.accounts.get(from)
  const [one, other] = [accounts.get(from), accounts.get(to)]
  if (held === undefined || (model.accounts.has(to) && one !== undefined)) return
  const token = one?.current ?? one?.pending ?? null
  if (token !== null && token === (other?.current ?? other?.pending)) {
    // Cut off in between: the same rename finishes it, as its words say.
    expect(isFinishing, `${from} and ${to} are one, and the same rename left them so`).toBe(false)
    world.outside.isLocked = false
    return await rename(model, world, from, to, NO_TROUBLE, true)
  }
  if (accounts.has(from)) return
  model.accounts.delete(from)
  model.accounts.set(to, held)
  model.brought.set(to, [...(model.brought.get(from) ?? []), ...(model.brought.get(to) ?? [])])
  model.brought.delete(from)
}

async function remove(model: Model, world: World, account: string, plan: Plan) {
  // An account without a record is ACCOUNT_UNKNOWN.
  if (model.before?.accounts.has(account) !== true) return
  const ref = refOf(account)
  const ended = await world.run(model, account, plan, async ({ vault }) => {
    const revision = await revisionOf(() => vault.account(ref))
    if (revision !== undefined) await vault.removeAccount(ref, revision)
    await (await vault.journal()).clear(formatAccount(ref))
  })
  onlyOurs(ended)
  const { accounts } = await world.look()
  if (!accounts.has(account)) model.accounts.delete(account)
}

/** What a run threw is a failure with a name, and no fault of the program. */
function onlyOurs(ended: object | undefined): void {
  if (ended === undefined || !('error' in ended)) return
  const { error } = ended
  if (!isTokenctlError(error) || error.code === 'BUG') throw error
}

const trouble: fc.Arbitrary<Trouble> = fc
  .record({ at: fc.integer({ min: 1, max: 40 }), times: fc.integer({ min: 1, max: 12 }), ms: jumpMs() })
  .chain(({ at, times, ms }) =>
    fc.constantFrom<Trouble>(
      { at, what: 'killed' },
      { at, what: 'killed' },
      { at, what: 'killed' },
      { at, what: 'full', times },
      { at, what: 'broken', times },
      { at, what: 'clock jumps', ms },
      { at, what: 'store locks' },
    ),
  )
function jumpMs(): fc.Arbitrary<number> {
  const years = fc.constantFrom(-3650 * DAY, 3650 * DAY, -DAY, DAY)
  return fc.oneof(fc.integer({ min: -HOUR, max: HOUR }), years)
}
const fate = fc.oneof(
  { weight: 3, arbitrary: fc.constant('answered' as const) },
  { weight: 2, arbitrary: fc.constantFrom('lost-before', 'lost-after', '503-after') },
  { weight: 3, arbitrary: fc.constantFrom(...FATES) },
)
const fates = fc.array(fate, { maxLength: 4 })
const isMute = fc.constantFrom(false, false, false, true)
const plan: fc.Arbitrary<Plan> = fc.record({
  trouble: fc.option(trouble, { nil: undefined }),
  fates,
  isMute,
})
const show = ({ trouble, fates, isMute }: Plan) =>
  `${fates.join(' ')}${isMute === true ? ' | mute' : ''}${trouble ? ` | ${JSON.stringify(trouble)}` : ''}`
const name = fc.constantFrom(...NAMES)
const amazon = fc.constantFrom('amazon:one', 'amazon:one', 'amazon:two')

/** All that can be done, the renewals more often than the rest. */
export const COMMANDS: fc.Arbitrary<Command>[] = [
  ...(['named', 'named', 'named', 'due', 'due', 'due'] as const).map(mode =>
    fc.tuple(name, plan).map(([account, plan]) =>
      command(`renew ${account} (${mode}) ${show(plan)}`, async (model, world) => {
        await renew(model, world, account, mode, plan)
      }),
    ),
  ),
  fc
    .tuple(amazon, fc.constantFrom('fresh', 'fresh', 'again', 'bad'), plan)
    .map(([account, which, plan]) =>
      command(`set-amazon ${account} (${which}) ${show(plan)}`, (model, world) =>
        setAmazon(model, world, account, which, plan),
      ),
    ),
  fc
    .tuple(name, fc.constantFrom('fresh', 'fresh', 'fresh', 'again', 'bad'), plan)
    .map(([account, which, plan]) =>
      command(`login ${account} (${which}) ${show(plan)}`, (model, world) =>
        login(model, world, account, which, plan),
      ),
    ),
  fc
    .tuple(name, plan)
    .map(([account, plan]) =>
      command(`import ${account} ${show(plan)}`, (model, world) => importToken(model, world, account, plan)),
    ),
  fc.tuple(fc.constantFrom('ebay', 'amazon'), fc.boolean(), plan).map(([market, forth, plan]) => {
    const [from, to] = forth ? [`${market}:one`, `${market}:two`] : [`${market}:two`, `${market}:one`]
    return command(`rename ${from} ${to} ${show(plan)}`, (model, world) =>
      rename(model, world, from, to, plan),
    )
  }),
  fc
    .tuple(name, plan)
    .map(([account, plan]) =>
      command(`remove ${account} ${show(plan)}`, (model, world) => remove(model, world, account, plan)),
    ),
  fc.integer({ min: 1, max: 120 * DAY }).map(ms =>
    command(`${ms} ms pass`, async (_, world) => {
      world.trueNow += ms
    }),
  ),
  fc.integer({ min: 1, max: 40_000 }).map(ms =>
    command(`${ms} ms pass`, async (_, world) => {
      world.trueNow += ms
    }),
  ),
  jumpMs().map(ms =>
    command(`the clock jumps by ${ms} ms`, async (_, world) => {
      world.outside.skewMs += ms
    }),
  ),
  name.map(account =>
    command(`the seller of ${account} withdraws`, async (model, world) => {
      const must = model.accounts.get(account)?.must ?? null
      if (must !== null) world.server(account).withdraw(must)
    }),
  ),
  fc.boolean().map(isLocked =>
    command(`the store is ${isLocked ? 'locked' : 'opened'}`, async (_, world) => {
      world.outside.isLocked = isLocked
    }),
  ),
]
