/**
 * `tokenctl mark`: takes what a marketplace tells of its own accord, on standard input, and writes down what it says of
 * an account or an app. The document is trusted as the person is who pipes it: that eBay signed its push, and that the
 * queue is one's own, is checked where it arrives.
 */
import { TokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { Told } from '../../marketplaces/notification.ts'
import { marketplaces } from '../../marketplaces/registry.ts'
import { formatAccount } from '../../tokens/account.ts'
import { type Exit, gravest } from '../exit.ts'
import { listingOf, namedAccount } from '../finding.ts'
import { parseJsonInput } from '../keys/json-input.ts'
import { clientsApps, markApp } from '../marking/app-secret.ts'
import type { Intake } from '../marking/intake.ts'
import { markRevoked, sellersAccounts } from '../marking/revoked.ts'
import { attempt } from '../one-by-one.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { safeText } from '../render/safe-text.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { Marked, MarkReport } from '../shapes/mark-shape.ts'
import type { World } from '../world.ts'

export interface MarkOptions {
  /** The account that it is about, where nobody has said whose that is. */
  readonly account?: string
  readonly stdin?: boolean
  readonly json?: boolean
}

export async function markRun({ stdin, json, account }: MarkOptions, world: World): Promise<Exit> {
  const named = account === undefined ? undefined : formatAccount(namedAccount(account, world))
  if (stdin !== true)
    throw new TokenctlError('ANSWER_MISSING', 'The notification is read from standard input.', {
      fix: 'Say so: `tokenctl mark --stdin < notification.json`.',
    })
  const text = await world.terminal.readStdin('a notification')
  // All of it is understood before any of it is done.
  const { adapter, told } = await understood(parseJsonInput(text, 'notification'), world)
  if (named !== undefined && !told.every(isOfSeller)) throw notOfSeller()
  const door = await world.openVault('mark')
  const opened = await door.read()
  if (opened.state === 'empty')
    throw new TokenctlError('ACCOUNT_UNKNOWN', 'Nothing is stored here that a notification could be about.', {
      fix: '`tokenctl status` says how to connect an account.',
    })
  const seen: Intake = { adapter, listing: await listingOf(opened), vault: opened.vault, named }
  const problems: TokenctlError[] = []
  const marked: Marked[] = []
  for (const each of told) {
    for (const step of (await attempt(() => stepsOf(each, seen, world), problems)) ?? []) {
      const row = await attempt(async () => await step({ ...seen, vault: await door.write() }), problems)
      if (row !== undefined) marked.push(row)
    }
  }
  const [problem] = problems
  // Nothing came of it: its one reason is the whole answer, also as JSON.
  if (problem !== undefined && problems.length === 1 && marked.length === 0) throw problem
  if (json === true) world.terminal.out(renderJson({ version: 1, marked } satisfies MarkReport))
  else for (const row of marked) say(row, seen, world)
  for (const each of problems) presentProblem(each, world.terminal)
  return gravest(problems.map(({ exit }): Exit => exit))
}

/** What the document says, by whichever marketplace knows it. @throws {USAGE} */
async function understood(
  document: unknown,
  world: World,
): Promise<{ readonly adapter: MarketplaceAdapter; readonly told: readonly Told[] }> {
  const { adapterOf } = rulesOf(world.settings())
  for (const { id } of marketplaces) {
    const adapter = adapterOf(id)
    const told = (await adapter.notification?.())?.(document)
    if (told !== undefined) return { adapter, told }
  }
  throw new TokenctlError('USAGE', 'This is no notification that is known here.', {
    fix: "Taken are eBay's AUTHORIZATION_REVOCATION and Amazon's APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY and APPLICATION_OAUTH_CLIENT_NEW_SECRET, as they were sent. Nothing was changed.",
  })
}

function isOfSeller({ kind }: Told): boolean {
  return kind === 'revoked'
}

function notOfSeller(): TokenctlError {
  return new TokenctlError(
    'USAGE',
    '`--account` goes with the revocation of a consent; this is about an app.',
    {
      fix: 'Leave it out. Nothing was changed.',
    },
  )
}

type Step = (intake: Intake) => Promise<Marked>

/** One step for each account or app that it speaks of; nothing is changed by looking for them. */
async function stepsOf(told: Told, seen: Intake, world: World): Promise<readonly Step[]> {
  if (told.kind === 'revoked')
    return sellersAccounts(told, seen, world).map(
      header => intake => markRevoked(told, header, intake, world),
    )
  const apps = await clientsApps(told, seen)
  return apps.map(header => intake => markApp(told, header, intake, world))
}

function say({ kind, subject, outcome, message }: Marked, { adapter, listing }: Intake, world: World): void {
  const { out, err } = world.terminal
  out(`${safeText(message)}\n`)
  if (outcome === 'unchanged' || kind === 'app') return
  const header = listing.accounts.find(({ account }) => account === subject)
  const command = adapter.consentCommand(refOf({ account: subject }).name, header?.isAppPublic === true)
  err(`A new consent mends it: \`${command}\`.\n`)
}
