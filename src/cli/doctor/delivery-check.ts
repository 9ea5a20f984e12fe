/**
 * The deliveries: whether their programs may be run, which of them a receiver refused, and which have waited for long.
 * Headers only; nothing is handed on here.
 */
import { knownCode } from '../../errors.ts'
import { type DeliveryState, deliveryState } from '../../renewal/delivery-state.ts'
import { DAY, type EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { showTime } from '../render/dates.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'
import { programFileProblems } from './program-file-check.ts'

/** A daily run has come and gone by then. */
const LONG_MS = DAY
const NAMED = 5

type Handed = AccountHeader & { readonly delivery: NonNullable<AccountHeader['delivery']> }

/** The findings on deliveries. */
export async function deliveryChecks(ground: Ground): Promise<readonly Finding[]> {
  const { vault, now } = ground
  if (vault?.opened === undefined) return [skipped('deliveries', 'Not looked at: the vault cannot be seen.')]
  const handed = vault.listing.accounts.filter((each): each is Handed => each.delivery !== null)
  if (handed.length === 0) return [skipped('deliveries', 'No token is handed on.')]
  const of = (state: DeliveryState) => handed.filter(each => deliveryState(each) === state)
  const late = of('pending').filter(each => waitingSince(each, now) < now - LONG_MS)
  const wrong = [
    ...(await programFileProblems('deliveries', programsOf(handed), ground)),
    ...refused(of('failed')),
    ...waiting(late, now),
  ]
  if (wrong.length > 0) return wrong
  const whose = handed.length === 1 ? '1 account hands tokens on' : `${handed.length} accounts hand tokens on`
  const left = of('pending').length
  return [ok('deliveries', `${whose}; ${left === 0 ? 'all have arrived' : `${left} have not arrived yet`}.`)]
}

/** Each program once, however many accounts it is of. */
function programsOf(handed: readonly Handed[]) {
  const byCommand = handed.filter(({ delivery }) => delivery.how === 'command')
  const paths = [...new Set(byCommand.map(({ delivery }) => delivery.target))]
  const grouped = paths.map(path => [path, byCommand.filter(each => each.delivery.target === path)] as const)
  return grouped.map(([path, accounts]) => ({
    path,
    whose: `The program that ${namesOf(accounts)} hand${accounts.length === 1 ? 's' : ''} tokens to`,
    instead: 'set the delivery up anew: `tokenctl accounts deliver-to --help`',
  }))
}

function refused(accounts: readonly Handed[]): readonly Finding[] {
  const [first] = accounts
  if (first === undefined) return []
  const { target, failing } = first.delivery
  const what =
    accounts.length === 1
      ? `${target} refused the tokens of ${first.account} ${showTime(failing?.since ?? 0)}, and gets no others.`
      : `The tokens of ${accounts.length} accounts were refused where they are handed on to: ${namesOf(accounts)}.`
  return [
    problem('deliveries', what, {
      where: accounts.length === 1 ? first.account : undefined,
      mend: `Mend the receiver, then ${commandFor(accounts)}.`,
      code: knownCode(failing?.code),
    }),
  ]
}

function waiting(accounts: readonly Handed[], now: EpochMs): readonly Finding[] {
  const [first] = accounts
  if (first === undefined) return []
  const since = showTime(Math.min(...accounts.map(each => waitingSince(each, now))))
  const code = first.delivery.failing?.code
  const why = code === undefined ? '' : ` (${code})`
  const what =
    accounts.length === 1
      ? `The tokens of ${first.account} have not arrived at ${first.delivery.target} since ${since}${why}.`
      : `The tokens of ${accounts.length} accounts have not arrived where they are handed on to, the first since ${since}: ${namesOf(accounts)}.`
  const where = accounts.length === 1 ? first.account : undefined
  return [warning('deliveries', what, { where, mend: `${commandFor(accounts)} tries now, and says why.` })]
}

/** Since when the newest token waits: from its first failure, else from when it was there to be handed on. */
function waitingSince({ delivery, acceptedAt }: Handed, now: EpochMs): EpochMs {
  const { failing, setAt, deliveredAt } = delivery
  // What a wrong clock dated ahead has waited for no time.
  return Math.min(failing?.since ?? Math.max(acceptedAt ?? setAt, setAt, deliveredAt ?? setAt), now)
}

function commandFor(accounts: readonly Handed[]): string {
  return accounts.length === 1 ? `\`tokenctl deliver ${accounts[0]?.account}\`` : '`tokenctl deliver --all`'
}

function namesOf(accounts: readonly Handed[]): string {
  const names = accounts.slice(0, NAMED).map(({ account }) => account)
  const more = accounts.length > NAMED ? ` and ${accounts.length - NAMED} more` : ''
  return `${names.join(', ')}${more}`
}
