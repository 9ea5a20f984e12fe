/**
 * `tokenctl app rotate`: an app's new secret beside the old one, which the marketplace takes for some days more. It is
 * proved by a real refresh before anything is changed; from then on whichever of the two is taken is used. Locks are
 * taken one after the other, never one inside another: an account's for its proof, then the app's to store.
 */

import { TokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { requireEnvironment } from '../../renewal/preconditions.ts'
import type { ProofResult } from '../../renewal/prove-app.ts'
import { DEFAULT_NAME, parseName } from '../../tokens/account.ts'
import { type AppHeader, type NewSecret, overlapUntil, rotatedApp } from '../../tokens/app-keys.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { addDuration, type EpochMs, requirePastDate } from '../../tokens/time.ts'
import { appLock } from '../../vault/records.ts'
import type { Exit } from '../exit.ts'
import { listingOf } from '../finding.ts'
import { appWords } from '../keys/app-words.ts'
import { takeNewSecret, withNewSecret } from '../keys/new-secret.ts'
import { proveSecret } from '../keys/prove-secret.ts'
import { done } from '../noting/history.ts'
import { showDay } from '../render/dates.ts'
import { rotatedLines, secretUnproven, whyUnproven } from '../render/rotation.ts'
import { safeText } from '../render/safe-text.ts'
import { rulesOf } from '../rules.ts'
import { assessApps } from '../status/status-report.ts'
import type { World } from '../world.ts'
import { vaultForWriting } from '../writing.ts'

export interface AppRotateOptions {
  readonly marketplace: string
  /** Absent: `default`. */
  readonly name?: string | undefined
  readonly stdin?: boolean
  /** The day the new secret was issued; absent: today. */
  readonly issued?: string
  /** Stores it also where nobody can say whether it is taken. */
  readonly unproven?: boolean
}

/** What is rotated, with the fact that makes it possible. */
interface Rotating {
  readonly adapter: MarketplaceAdapter
  readonly name: string
  readonly overlapDays: number
}

export async function appRotateRun(options: AppRotateOptions, world: World): Promise<Exit> {
  const rules = rulesOf(world.settings())
  const adapter = rules.adapterOf(options.marketplace)
  const rotating = requireOverlap(adapter, parseName(options.name ?? DEFAULT_NAME, 'app'))
  const now = world.clock.now()
  const issuedAt = options.issued === undefined ? now : requirePastDate(options.issued, '--issued', now)
  const known = await headerOf(rotating, world)
  requireEnvironment(known, adapter, rules)
  if (options.unproven === true)
    requireProvenBefore(known, { issuedAt, overlapDays: rotating.overlapDays }, now)
  const given = await takeNewSecret({ ...options, name: known.name }, adapter, world)
  const vault = await vaultForWriting('app rotate', world)
  const stored = await vault.app(adapter.id, known.name)
  if (stored === undefined) throw noApp(rotating)
  const keys = withNewSecret(stored, given, adapter)
  const result = await proveSecret({ adapter, name: known.name, keys }, vault, world)
  if (result.outcome === 'unproven' && options.unproven !== true)
    throw secretUnproven(result, known.name, adapter)
  const { overlapDays } = rotating
  const next = rotatedApp(stored, keys, { issuedAt, overlapDays }, now)
  const lock = appLock(adapter.id, known.name)
  const saved = await vault.locks.hold(lock, () => vault.saveApp(next, stored.revision))
  world.history.note(done('app rotate', `${adapter.id}:${known.name}`))
  say(result, saved.header, adapter, world)
  return 0
}

/** @throws {USAGE} where the marketplace takes no old secret beside a new one. */
function requireOverlap(adapter: MarketplaceAdapter, name: string): Rotating {
  const { appSecretOverlapDays: overlapDays, title, id } = adapter
  if (overlapDays !== undefined) return { adapter, name, overlapDays }
  throw new TokenctlError('USAGE', `${title} has no time in which an old and a new secret are both taken.`, {
    fix: `Enter the new keys, which take the place of the old at once: \`tokenctl app set ${appWords({ marketplace: id, name })}\`.`,
  })
}

/** The app's header, before anybody is asked for anything. @throws {ACCOUNT_UNKNOWN} · what keeps it from being read */
async function headerOf(rotating: Rotating, world: World): Promise<AppHeader> {
  const { adapter, name } = rotating
  const { apps, unreadable } = await listingOf(await (await world.openVault('app rotate')).read())
  const damaged = unreadable.find(({ key }) => key === `app/${adapter.id}:${name}`)
  if (damaged !== undefined) throw damaged.error
  const header = apps.find(app => app.marketplace === adapter.id && app.name === name)
  if (header === undefined) throw noApp(rotating)
  return header
}

function noApp({ adapter, name }: Rotating): TokenctlError {
  return new TokenctlError('ACCOUNT_UNKNOWN', `There is no ${adapter.title} app ${quoteTyped(name)}.`, {
    fix: `\`tokenctl app set ${appWords({ marketplace: adapter.id, name })}\` enters its keys; \`tokenctl app list\` shows the apps there are.`,
  })
}

/** Of two secrets in a row that nobody has proved, neither may be good; the one before them is, and would be lost. */
function requireProvenBefore(header: AppHeader, { issuedAt, overlapDays }: NewSecret, now: EpochMs): void {
  if (now >= addDuration(issuedAt, { days: overlapDays }))
    throw new TokenctlError(
      'USAGE',
      `A secret that was issued ${showDay(issuedAt)} has no old one beside it any more: it cannot be taken unproven.`,
      { fix: 'Without `--unproven` it is proved first. Nothing was changed.' },
    )
  const until = overlapUntil(header, now)
  if (until === null) return
  throw new TokenctlError(
    'USAGE',
    `The last rotation's old secret is still kept, until ${showDay(until)}: it would be given up for one that is not proven.`,
    {
      fix: `Without \`--unproven\` the new secret is proved first. If the stored one was mistyped, \`tokenctl app set ${appWords(header)}\` puts it right. Nothing was changed.`,
    },
  )
}

function say(result: ProofResult, header: AppHeader, adapter: MarketplaceAdapter, world: World): void {
  const { out, err } = world.terminal
  for (const app of assessApps([header], rulesOf(world.settings()), world.clock.now())) {
    for (const line of rotatedLines(result, app, adapter)) out(`${safeText(line)}\n`)
  }
  if (result.outcome === 'unproven') err(`Not proven: ${safeText(whyUnproven(result))}\n`)
  err('`tokenctl status` shows both dates.\n')
}
