/**
 * `tokenctl accounts deliver-to`: says where an account's tokens are handed on to, and which of them. Nothing leaves by
 * this: the next renewal does it, or `tokenctl deliver`.
 */
import { TokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { type AccountRef, formatAccount } from '../../tokens/account.ts'
import type { Delivery, DeliverySecrets } from '../../tokens/delivery.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import { deliveryNotes } from '../delivery/delivery-notes.ts'
import {
  type DeliveryWay,
  marginOf,
  tokensThatLeave,
  wayToAddress,
  wayToProgram,
} from '../delivery/delivery-way.ts'
import type { Exit } from '../exit.ts'
import { namedAccount, vaultHolding } from '../finding.ts'
import { done } from '../noting/history.ts'
import { renderJson } from '../render/json.ts'
import { safeText } from '../render/safe-text.ts'
import { rulesOf } from '../rules.ts'
import type { DeliverToReport } from '../shapes/deliver-shape.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'

export interface DeliverToOptions {
  readonly account: string
  /** What stands behind the account: the program and its arguments. */
  readonly words: readonly string[]
  readonly command?: boolean
  readonly url?: boolean
  readonly off?: boolean
  readonly tokens?: string
  readonly margin?: string
  readonly stdin?: boolean
  readonly json?: boolean
}

export async function deliverToRun(options: DeliverToOptions, world: World): Promise<Exit> {
  refuseOdd(options)
  const account = namedAccount(options.account, world)
  const vault = await vaultHolding(account, 'accounts deliver-to', world)
  if (options.off === true) {
    const header = await save(account, null, vault, world)
    present({ account: header.account, delivery: null, key: null, notes: [] }, options, world)
    return 0
  }
  const tokens = await tokensThatLeave(options.tokens, world)
  const marginMs = marginOf(options.margin, tokens)
  const way =
    options.url === true ? await wayToAddress(options, world) : await wayToProgram(options.words, world)
  const delivery: Delivery = {
    how: way.how,
    target: way.target,
    tokens,
    setAt: world.clock.now(),
    marginMs,
    deliveredGeneration: null,
    deliveredAt: null,
    failing: null,
  }
  const header = await save(account, { delivery, way }, vault, world)
  const adapter: MarketplaceAdapter = rulesOf(world.settings()).adapterOf(account.marketplace)
  const notes = deliveryNotes(header, delivery, adapter, world.clock.now())
  const { how, target } = delivery
  const shown = { how, target, tokens: [...tokens], marginMs }
  present({ account: header.account, delivery: shown, key: way.newKey, notes }, options, world)
  return 0
}

interface SetUp {
  readonly delivery: Delivery
  readonly way: DeliveryWay
}

/** Puts it into the account's record; null takes it out. @throws {USAGE} of an account that holds no token */
async function save(
  account: AccountRef,
  next: SetUp | null,
  vault: Vault,
  world: World,
): Promise<AccountHeader> {
  const name = formatAccount(account)
  const saved = await underLock(account, vault, world, async () => {
    const stored = await vault.account(account)
    if (stored === undefined) throw new TokenctlError('ACCOUNT_UNKNOWN', `${name} was removed meanwhile.`)
    if (next !== null && !stored.header.holdsToken) throw noToken(name)
    const header = { ...stored.header, delivery: next === null ? null : after(next.delivery, stored.header) }
    const delivery: DeliverySecrets | null = next?.way.secrets ?? null
    return await vault.saveAccount({ header, secrets: { ...stored.secrets, delivery } }, stored.revision)
  })
  world.history.note(done('deliver-to', name))
  return saved.header
}

/** A receiver tells what was set up later by its time, so that goes forward also where the clock was set back. */
function after(next: Delivery, { delivery }: AccountHeader): Delivery {
  return delivery === null ? next : { ...next, setAt: Math.max(next.setAt, delivery.setAt + 1) }
}

function present(report: Omit<DeliverToReport, 'version'>, { json }: DeliverToOptions, world: World): void {
  const { account, delivery, key, notes } = report
  const { out, err } = world.terminal
  if (json === true) {
    out(renderJson({ version: 1, ...report } satisfies DeliverToReport))
    return
  }
  if (delivery === null) {
    out(`${account}: its tokens go nowhere from now on.\n`)
    return
  }
  const which = delivery.tokens.length === 1 ? `its ${delivery.tokens[0]} token goes` : 'both its tokens go'
  out(`${account}: ${which} to ${safeText(delivery.target)} from now on.\n`)
  if (key !== null) out(`Key for the receiver, shown this once: ${key}\n`)
  for (const note of notes) err(`Note: ${safeText(note)}\n`)
  err(
    `Nothing was sent yet: \`tokenctl deliver ${account}\` hands over what is stored, and so does every renewal.\n`,
  )
}

function noToken(name: string): TokenctlError {
  return new TokenctlError('USAGE', `${name} is only followed by its dates: there is no token to hand on.`, {
    account: name,
    fix: 'Nothing was changed.',
  })
}

function refuseOdd({ command, url, off, words, tokens, margin, stdin }: DeliverToOptions): void {
  const fix = 'See `tokenctl accounts deliver-to --help`. Nothing was changed.'
  const odd = (message: string) => new TokenctlError('USAGE', message, { fix })
  const ways = [command, url, off].filter(each => each === true).length
  if (ways !== 1) throw odd('Say one of --command, --url and --off.')
  // Never repeated: an address may hold a secret in its path.
  if (url === true && words.length > 0)
    throw odd(
      'An address is never an argument: it is asked for, or read by --stdin. If you typed a secret one, it is in your shell history now.',
    )
  if (off === true && words.length + Number(tokens !== undefined) + Number(margin !== undefined) > 0)
    throw odd('--off takes nothing else.')
  if (stdin === true && url !== true) throw odd('--stdin goes with --url.')
}
