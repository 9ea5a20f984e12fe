/**
 * What a marketplace says of an app's secret: when it ends, or that there is a new one. The new one is proved as
 * `app rotate` does; where nobody can say whether it is taken it is stored beside the old one, since the notification may
 * be its only copy. No secret is ever shown.
 */

import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { SecretEnds, SecretNew } from '../../marketplaces/notification.ts'
import { requireEnvironment } from '../../renewal/preconditions.ts'
import type { ProofResult } from '../../renewal/prove-app.ts'
import {
  type AppHeader,
  type AppKeys,
  type NewSecret,
  overlapUntil,
  rotatedApp,
} from '../../tokens/app-keys.ts'
import { Secret } from '../../tokens/secret.ts'
import { DAY, type EpochMs } from '../../tokens/time.ts'
import { appLock } from '../../vault/records.ts'
import type { StoredApp, Vault } from '../../vault/vault.ts'
import { appWords } from '../keys/app-words.ts'
import { proveSecret } from '../keys/prove-secret.ts'
import { done } from '../noting/history.ts'
import { showDay } from '../render/dates.ts'
import { rotatedLines, whyUnproven } from '../render/rotation.ts'
import { rulesOf } from '../rules.ts'
import type { Marked } from '../shapes/mark-shape.ts'
import { assessApps } from '../status/status-report.ts'
import type { World } from '../world.ts'
import type { Intake } from './intake.ts'

/** What a refused or unproven secret needs. The notification may be its only copy. */
const AGAIN = 'tokenctl mark --stdin < THE_SAME_NOTIFICATION'

type ToldOfSecret = SecretEnds | SecretNew

/**
 * The apps with the client id that the notification names. Opens every app of the marketplace.
 *
 * @throws {ACCOUNT_UNKNOWN} naming the client id · {RECORD_UNREADABLE} where it may be of one that cannot be read.
 */
export async function clientsApps(
  { clientId }: ToldOfSecret,
  { adapter, vault, listing }: Intake,
): Promise<readonly AppHeader[]> {
  const wanted = new Secret(clientId)
  const found: AppHeader[] = []
  let unreadable = listing.unreadable.find(({ key }) => key.startsWith(`app/${adapter.id}:`))?.error
  for (const header of listing.apps.filter(({ marketplace }) => marketplace === adapter.id)) {
    try {
      const app = await vault.app(adapter.id, header.name)
      if (app?.keys['clientId']?.equals(wanted) === true) found.push(app.header)
    } catch (error) {
      if (!isTokenctlError(error) || error.code !== 'RECORD_UNREADABLE') throw error
      unreadable ??= error
    }
  }
  if (found.length > 0) return found
  if (unreadable !== undefined) throw unreadable
  throw new TokenctlError(
    'ACCOUNT_UNKNOWN',
    `There is no ${adapter.title} app with the client id ${clientId}.`,
    {
      fix: `\`tokenctl app list\` shows the apps there are; \`tokenctl app set ${adapter.id}\` enters one. Nothing was changed.`,
    },
  )
}

/** Does what the notification says to one of them. @throws {USAGE} {CLIENT_REJECTED} · what proof and vault throw */
export async function markApp(
  told: ToldOfSecret,
  { name }: AppHeader,
  { adapter, vault }: Intake,
  world: World,
): Promise<Marked> {
  const subject = `${adapter.id}:${name}`
  const app: TheApp = { adapter, name, subject, issuedAt: issuedAtOf(told, adapter, world.clock.now()) }
  const row = { notification: told.topic, kind: 'app', subject } as const
  if (told.kind === 'secret-ends') return { ...row, ...(await dated(told, app, vault, world)) }
  const stored = await requireApp(app, vault)
  const { clientSecret } = told
  // Repeated, or entered by hand before: what is left of it to learn are its dates, which the vendor knows best.
  if (stored.keys['clientSecret']?.equals(clientSecret) === true)
    return { ...row, ...(await dated(told, app, vault, world)) }
  if (stored.previous?.['clientSecret']?.equals(clientSecret) === true)
    return {
      ...row,
      ...unchanged(`The secret of ${adapter.title} app ${name} was replaced by a newer one since.`),
    }
  return { ...row, ...(await rotated(told, app, stored, vault, world)) }
}

interface TheApp {
  readonly adapter: MarketplaceAdapter
  readonly name: string
  readonly subject: string
  /** When the secret was issued that is told of. */
  readonly issuedAt: EpochMs
}

type Done = Pick<Marked, 'outcome' | 'message'>

function unchanged(message: string): Done {
  return { outcome: 'unchanged', message }
}

/**
 * @throws {USAGE} for a secret that would have been issued in days to come, or ends on a day that contradicts the
 *   notification itself: believed, it would put an end to a secret that is good, or hide the end of one
 */
function issuedAtOf(
  told: ToldOfSecret,
  { title, appSecretLifeDays = 0 }: MarketplaceAdapter,
  now: EpochMs,
): EpochMs {
  const { endsAt, saidAt } = told
  const issuedAt = endsAt - appSecretLifeDays * DAY
  const words = `The notification, of ${showDay(saidAt)}, says that the secret ends ${showDay(endsAt)}`
  if (endsAt < saidAt) throw contradicted(`${words}: before it was written.`)
  if (issuedAt > saidAt + DAY && saidAt <= now + DAY)
    throw contradicted(
      `${words}; secrets of ${title} live ${appSecretLifeDays} days, so it was not issued yet when that was written.`,
    )
  if (told.kind === 'secret-new' && told.oldEndsAt !== null && told.oldEndsAt > endsAt)
    throw contradicted(`${words}, and the one before it only ${showDay(told.oldEndsAt)}.`)
  if (issuedAt <= now + DAY) return issuedAt
  throw new TokenctlError(
    'USAGE',
    `The notification says that the secret ends ${showDay(endsAt)}; secrets of ${title} live ${appSecretLifeDays} days, so it would not have been issued yet.`,
    { fix: "Look at this machine's clock. Nothing was changed." },
  )
}

function contradicted(message: string): TokenctlError {
  return new TokenctlError('USAGE', message, {
    fix: 'Give the notification as it came. What stands in it is not believed, and nothing was changed.',
  })
}

async function requireApp({ adapter, name, subject }: TheApp, vault: Vault): Promise<StoredApp> {
  const stored = await vault.app(adapter.id, name)
  if (stored !== undefined) return stored
  throw new TokenctlError('ACCOUNT_UNKNOWN', `The app ${subject} was removed meanwhile.`, {
    fix: 'Nothing was changed.',
  })
}

/** Sets the day on which the secret was issued, by the day on which it ends. */
async function dated(told: ToldOfSecret, app: TheApp, vault: Vault, world: World): Promise<Done> {
  const { adapter, name, issuedAt, subject } = app
  const what = `The secret of ${adapter.title} app ${name}`
  return await lockedApp(app, vault, async () => {
    const stored = await requireApp(app, vault)
    const { header } = stored
    if (isOfOlder(told, header, world.clock.now()))
      return unchanged(`${what} is newer than the one that this notification speaks of: it stays as it is.`)
    if (header.secretIssuedAt === issuedAt)
      return unchanged(`${what} was known to end ${showDay(told.endsAt)}.`)
    await vault.saveApp({ ...stored, header: { ...header, secretIssuedAt: issuedAt } }, stored.revision)
    world.history.note(done('mark', subject))
    return {
      outcome: 'dated',
      message: `${what} ends ${showDay(told.endsAt)}, ${adapter.title} says; that is stored.`,
    }
  })
}

/** Whether it speaks of a secret before the stored one: of that which is still taken, or of one replaced since it was said. */
function isOfOlder(told: ToldOfSecret, header: AppHeader, now: EpochMs): boolean {
  if (told.kind === 'secret-new') return false
  const overlap = overlapUntil(header, now)
  const isOfPrevious = overlap !== null && told.endsAt <= overlap + DAY
  return isOfPrevious || (header.secretIssuedAt !== null && told.saidAt < header.secretIssuedAt)
}

/** Takes the new secret, as `app rotate` does. */
async function rotated(
  told: SecretNew,
  app: TheApp,
  stored: StoredApp,
  vault: Vault,
  world: World,
): Promise<Done> {
  const { adapter, name, issuedAt, subject } = app
  const now = world.clock.now()
  const rules = rulesOf(world.settings())
  requireEnvironment(stored.header, adapter, rules)
  requireNewer(app, stored.header)
  const keys: AppKeys = { ...stored.keys, clientSecret: told.clientSecret }
  const result = await proveSecret({ adapter, name, keys, again: AGAIN }, vault, world)
  const { oldEndsAt } = told
  const overlap: NewSecret = {
    issuedAt,
    overlapDays: adapter.appSecretOverlapDays ?? 0,
    ...(oldEndsAt === null ? {} : { oldEndsAt }),
  }
  const next = rotatedApp(stored, keys, overlap, now)
  // Of two in a row that nobody has proved neither may be good, and the one that was is given up only for one that is.
  const isRisky = next.previous === null || overlapUntil(stored.header, now) !== null
  if (result.outcome === 'unproven' && isRisky) throw unproven(result, app)
  const saved = await lockedApp(app, vault, () => vault.saveApp(next, stored.revision))
  world.history.note(done('app rotate', subject))
  const [assessed] = assessApps([saved.header], rules, now)
  const lines = assessed === undefined ? [] : rotatedLines(result, assessed, adapter)
  const why = result.outcome === 'unproven' ? [`Not proven: ${whyUnproven(result)}`] : []
  return {
    outcome: result.outcome === 'unproven' ? 'unproven' : 'stored',
    message: [...lines, ...why].join(' '),
  }
}

/** An older notification that comes late must not put a dead secret in the place of the one in use. */
function requireNewer({ adapter, name, issuedAt }: TheApp, { secretIssuedAt }: AppHeader): void {
  if (secretIssuedAt === null || issuedAt >= secretIssuedAt - DAY) return
  throw new TokenctlError(
    'USAGE',
    `The secret in this notification was issued ${showDay(issuedAt)}, before the one of ${adapter.title} app ${name} that is stored (${showDay(secretIssuedAt)}).`,
    {
      fix: `Nothing was changed. If it is the newer one all the same, give it alone to \`tokenctl app rotate ${appWords({ marketplace: adapter.id, name })} --stdin\`.`,
    },
  )
}

function unproven(
  result: Extract<ProofResult, { outcome: 'unproven' }>,
  { adapter, name }: TheApp,
): TokenctlError {
  const { error } = result
  const code = error === null || error.exit === 3 ? 'USAGE' : error.code
  return new TokenctlError(
    code,
    `The new secret of ${adapter.title} app ${name} could not be proved, and there is no proven one that it could be kept beside. ${whyUnproven(result)}`,
    {
      fix: `Keep the notification, which may be the only copy, and give it again later: \`${AGAIN}\`. Nothing was changed.`,
      ...(error === null ? {} : { cause: error }),
    },
  )
}

async function lockedApp<T>({ adapter, name }: TheApp, vault: Vault, work: () => Promise<T>): Promise<T> {
  return await vault.locks.hold(appLock(adapter.id, name), work)
}
