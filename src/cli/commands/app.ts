/** `tokenctl app`: the developer's keys. Typed masked or read from standard input, never taken from argv, never shown. */

import { TokenctlError } from '../../errors.ts'
import { DEFAULT_NAME, parseName } from '../../tokens/account.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { requirePastDate } from '../../tokens/time.ts'
import type { Listing } from '../../vault/listings.ts'
import { appKey, appLock, keySubject } from '../../vault/records.ts'
import type { Exit } from '../exit.ts'
import { listingOf, titleOf } from '../finding.ts'
import { keysFromObject, keysFromPerson } from '../keys/app-keys.ts'
import { enteredApp } from '../keys/entered-app.ts'
import { parseJsonInput } from '../keys/json-input.ts'
import { done } from '../noting/history.ts'
import { revisionOf } from '../removing.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { appLine } from '../render/status-table.ts'
import { rulesOf } from '../rules.ts'
import { isUnusable } from '../selection.ts'
import { appRow, assessApps } from '../status/status-report.ts'
import type { World } from '../world.ts'
import { vaultForWriting } from '../writing.ts'

interface AppWords {
  readonly marketplace: string
  /** Absent: `default`. */
  readonly name?: string | undefined
}

export async function appSetRun(
  options: AppWords & { readonly stdin?: boolean; readonly issued?: string },
  world: World,
): Promise<Exit> {
  const rules = rulesOf(world.settings())
  const adapter = rules.adapterOf(options.marketplace)
  const name = parseName(options.name ?? DEFAULT_NAME, 'app')
  const issued =
    options.issued === undefined ? null : requirePastDate(options.issued, '--issued', world.clock.now())
  const keys =
    options.stdin === true
      ? keysFromObject(
          parseJsonInput(await world.terminal.readStdin('the keys'), 'key document'),
          adapter,
          'keys',
        )
      : await keysFromPerson(adapter, world)
  const { environment } = rules.destinationOf(adapter)
  const vault = await vaultForWriting('app set', world)
  const { header } = await vault.locks.hold(appLock(adapter.id, name), async () => {
    const stored = await vault.app(adapter.id, name)
    const header = { marketplace: adapter.id, name, environment, secretIssuedAt: issued }
    const app = enteredApp({ header, keys }, stored, adapter)
    return await vault.saveApp(app, stored?.revision ?? null)
  })
  world.history.note(done('app set', `${adapter.id}:${name}`))
  const place = environment === 'production' ? '' : ` (${environment})`
  world.terminal.out(`The keys of ${adapter.title} app ${name}${place} are stored.\n`)
  if (header.tokenOrigin !== undefined)
    world.terminal.err(
      `They are sent to ${header.tokenOrigin}, as its manifest says, and to no other host.\n`,
    )
  if (adapter.appSecretLifeDays !== undefined && issued === null) {
    world.terminal.err(
      `${adapter.title}'s secret ends ${adapter.appSecretLifeDays} days after it was issued; say when with \`--issued DATE\`, and \`status\` will warn.\n`,
    )
  }
  const next = header.isPublic ? `tokenctl login ${adapter.id}` : 'tokenctl set-amazon'
  world.terminal.err(`Next: \`${next}\` connects an account, \`tokenctl status\` shows them.\n`)
  return 0
}

/** The apps, of one marketplace where one is named. One that cannot be read is told beside them, never left out (I5). */
export async function appListRun(
  { marketplace, json }: { readonly marketplace?: string | undefined; readonly json?: boolean },
  world: World,
): Promise<Exit> {
  const rules = rulesOf(world.settings())
  const only = marketplace === undefined ? undefined : rules.adapterOf(marketplace)
  const opened = await (await world.openVault('app list')).read()
  const listing = await listingOf(opened)
  const wanted = listing.apps.filter(app => only === undefined || app.marketplace === only.id)
  const apps = assessApps(wanted, rules, world.clock.now())
  const ofThose = only === undefined ? 'app/' : `app/${only.id}:`
  const damaged = listing.unreadable.filter(({ key }) => key.startsWith(ofThose))
  for (const { error } of damaged) presentProblem(error, world.terminal)
  const exit = damaged[0]?.error.exit ?? 0
  if (json === true) {
    world.terminal.out(
      renderJson({
        version: 1,
        apps: apps.map(app => ({ ...appRow(app), environment: app.header.environment })),
      }),
    )
    return exit
  }
  if (apps.length + damaged.length === 0) {
    const none = only === undefined ? 'There are no apps' : `There is no ${only.title} app`
    world.terminal.err(`${none}. \`tokenctl app set ${only?.id ?? 'ebay'}\` enters the keys of one.\n`)
  }
  for (const app of apps) {
    const adapter = rules.adapterOf(app.header.marketplace)
    const line = appLine(app, adapter) ?? `${adapter.title} app ${app.header.name}: ok`
    const place = app.header.environment === 'production' ? '' : ` [${app.header.environment}]`
    world.terminal.out(`${line}${place}\n`)
  }
  return exit
}

export async function appRemoveRun(
  options: AppWords & { readonly yes?: boolean },
  world: World,
): Promise<Exit> {
  const { marketplace } = options
  const name = parseName(options.name ?? DEFAULT_NAME, 'app')
  const door = await world.openVault('app remove')
  const opened = await door.read()
  const listing = await listingOf(opened)
  const damaged = listing.unreadable.find(({ key }) => key === appKey(marketplace, name))
  // Removing needs no manifest: one may be gone or no good.
  if (damaged !== undefined && !isUnusable(damaged.error)) throw damaged.error
  const isThere = listing.apps.some(app => app.marketplace === marketplace && app.name === name)
  if (damaged === undefined && !isThere) {
    const { title } = rulesOf(world.settings()).adapterOf(marketplace)
    throw new TokenctlError('ACCOUNT_UNKNOWN', `There is no ${title} app ${quoteTyped(name)}.`, {
      fix: '`tokenctl app list` shows the apps there are.',
    })
  }
  const title = titleOf(marketplace, world)
  const users = usersOf(marketplace, name, listing)
  if (users.length > 0) {
    throw new TokenctlError('USAGE', `${users.join(', ')} could not be renewed without this app.`, {
      fix: 'Remove those accounts first, or enter other keys with `tokenctl app set`.',
    })
  }
  if (options.yes !== true) {
    const prompt = await world.prompt()
    const sure = await prompt.confirm(`Remove the keys of ${title} app ${name}?`, false, {
      insteadOf: '--yes',
    })
    if (!sure) throw new TokenctlError('CANCELLED', 'Nothing was removed.')
  }
  const vault = await door.write()
  await vault.locks.hold(appLock(marketplace, name), async () => {
    const revision = await revisionOf(() => vault.app(marketplace, name))
    if (revision !== undefined) await vault.removeApp(marketplace, name, revision)
  })
  world.history.note(done('app remove', `${marketplace}:${name}`))
  world.terminal.out(`The keys of ${title} app ${name} are removed from this machine.\n`)
  return 0
}

/** The accounts that are renewed with an app; of those that cannot be used nobody knows, so each may be. */
function usersOf(marketplace: string, name: string, { accounts, unreadable }: Listing): readonly string[] {
  const unusable = unreadable.filter(({ error }) => isUnusable(error)).map(({ key }) => key)
  return [
    ...accounts.filter(({ app }) => app === name).map(({ account }) => account),
    ...unusable.filter(key => key.startsWith('account/')).map(keySubject),
  ].filter(account => account.startsWith(`${marketplace}:`))
}
