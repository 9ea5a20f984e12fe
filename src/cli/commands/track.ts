/**
 * `tokenctl track` and `tokenctl renewed`: for the seller whose shop hangs on a multi-channel platform and who has no
 * developer keys. Dates only, no token; the same table and flags.
 */
import { TokenctlError } from '../../errors.ts'
import { withGap } from '../../renewal/gap.ts'
import { type AccountRef, formatAccount } from '../../tokens/account.ts'
import { DAY, type EpochMs, requirePastDate } from '../../tokens/time.ts'
import { type AccountHeader, NO_SECRETS, newHeader } from '../../tokens/token-set.ts'
import type { Exit } from '../exit.ts'
import { namedAccount, vaultHolding } from '../finding.ts'
import { done } from '../noting/history.ts'
import { presentAccount } from '../render/account-result.ts'
import { showDay } from '../render/dates.ts'
import { rulesOf } from '../rules.ts'
import { unknownAccount } from '../selection.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'
import { vaultForWriting } from '../writing.ts'

export async function trackRun(
  options: { readonly account: string; readonly consented: string; readonly json?: boolean },
  world: World,
): Promise<Exit> {
  const account = namedAccount(options.account, world)
  const name = formatAccount(account)
  const now = world.clock.now()
  const consentAt = requirePastDate(options.consented, '--consented', now)
  const rules = rulesOf(world.settings())
  const policy = rules.policyOf(rules.adapterOf(account.marketplace))
  const vault = await vaultForWriting('track', world)
  const header = await underLock(account, vault, world, async () => {
    const stored = await vault.account(account)
    // On an account that holds a token this corrects the day of consent and leaves the token alone. Whether a later day
    // corrects a mistake or is a new consent, nobody can tell: a gap too much is acknowledged, one too few loses orders.
    const before =
      stored?.header ?? newHeader({ account: name, app: null, environment: 'production', holdsToken: false })
    const renewedAt = before.renewedAt !== null && before.renewedAt < consentAt ? consentAt : before.renewedAt
    const header = withGap(before, { ...before, consentAt, renewedAt }, policy, backAt(consentAt, now))
    const next = { header, secrets: stored?.secrets ?? NO_SECRETS }
    return (await vault.saveAccount(next, stored?.revision ?? null)).header
  })
  world.history.note(done('track', name))
  const what = header.holdsToken ? 'its consent' : 'tracked by its dates; its consent'
  presentAccount(
    header,
    'recorded',
    `${name}: ${what} is of ${showDay(consentAt)}.`,
    options.json === true,
    world,
  )
  return 0
}

export async function renewedRun(
  options: { readonly account: string; readonly on?: string; readonly json?: boolean },
  world: World,
): Promise<Exit> {
  const account = namedAccount(options.account, world)
  const now = world.clock.now()
  const at = options.on === undefined ? now : requirePastDate(options.on, '--on', now)
  const header = await recordRenewed(account, at, world)
  presentAccount(
    header,
    'recorded',
    `${header.account}: recorded as renewed ${showDay(at)}.`,
    options.json === true,
    world,
  )
  return 0
}

/**
 * Records that a person renewed the shop's credentials where they rest. On a platform "Reset credentials" makes a new
 * consent, so both clocks begin again.
 *
 * @throws {ACCOUNT_UNKNOWN} · {USAGE} for an account whose renewals a program sees itself.
 */
export async function recordRenewed(account: AccountRef, at: number, world: World): Promise<AccountHeader> {
  const name = formatAccount(account)
  const vault = await vaultHolding(account, 'renewed', world)
  const rules = rulesOf(world.settings())
  const adapter = rules.adapterOf(account.marketplace)
  const now = world.clock.now()
  const saved = await underLock(account, vault, world, async () => {
    const stored = await vault.account(account)
    if (stored === undefined) throw unknownAccount(account, [])
    if (stored.header.holdsToken && adapter.refreshRenews) {
      throw new TokenctlError(
        'USAGE',
        `${name} holds a token, so its renewals are recorded when they happen.`,
        {
          account: name,
          fix: `Renew it with \`tokenctl renew ${name}\`.`,
        },
      )
    }
    if (stored.header.holdsToken && stored.header.refused !== null) throw deadToken(name, account)
    const recorded: AccountHeader = {
      ...stored.header,
      consentAt: at,
      renewedAt: at,
      endsAt: null,
      refused: null,
      generation: stored.header.generation + 1,
      lastAttempt: { at: now, outcome: 'renewed', code: null },
    }
    const header = withGap(stored.header, recorded, rules.policyOf(adapter), backAt(at, now))
    return (await vault.saveAccount({ header, secrets: stored.secrets }, stored.revision)).header
  })
  world.history.note(done('renewed', name))
  return saved
}

/** When the shop was back: a day that was typed tells no hour, so it may have been at that day's very end. */
function backAt(day: EpochMs, now: EpochMs): EpochMs {
  return Math.min(now, day + DAY)
}

/** A recorded day cannot bring a refused token back: without another token the shop stays dead, whatever a table says. */
function deadToken(name: string, account: AccountRef): TokenctlError {
  return new TokenctlError(
    'USAGE',
    `${name} holds a token that was refused; recording a day would only hide that.`,
    {
      account: name,
      fix: `Bring the new token: \`tokenctl set-amazon ${account.name}\`. Nothing was changed.`,
    },
  )
}
