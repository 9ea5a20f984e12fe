/**
 * `tokenctl set-amazon`: Amazon's consent can only be renewed by the seller, in Seller Central. This says where, takes
 * the new token without showing it, and hands it to `bringToken`, which proves it before it replaces anything.
 */
import { TokenctlError } from '../../errors.ts'
import { readPastedToken } from '../../marketplaces/amazon/pasted-token.ts'
import { sellerCentralSteps } from '../../marketplaces/amazon/seller-central.ts'
import type { BroughtResult } from '../../renewal/bring-token.ts'
import { bringToken } from '../../renewal/bring-token.ts'
import { type AccountRef, formatAccount, isName, parseName } from '../../tokens/account.ts'
import type { AccountHeader, Region } from '../../tokens/token-set.ts'
import { deliverRenewed } from '../delivery/deliver-renewed.ts'
import type { Exit } from '../exit.ts'
import { presentAccount } from '../render/account-result.ts'
import { heldSignal, renewalPorts } from '../renewing/renewing.ts'
import { rulesOf } from '../rules.ts'
import { accountsOf, onlyAccount } from '../which-account.ts'
import { askRegion } from '../which-region.ts'
import type { World } from '../world.ts'
import { vaultForWriting } from '../writing.ts'

export interface SetAmazonOptions {
  readonly name: string | undefined
  readonly region?: Region
  readonly app?: string
  readonly stdin?: boolean
  readonly json?: boolean
}

export async function setAmazonRun(options: SetAmazonOptions, world: World): Promise<Exit> {
  if (options.app !== undefined) parseName(options.app, 'app')
  const { name } = options
  const accounts = await accountsOf('amazon', 'set-amazon', name !== undefined, world)
  const account =
    name === undefined
      ? await onlyAccount('amazon', accounts, 'Which Amazon account is the token for?', world)
      : { marketplace: 'amazon', name: bareName(name) }
  const known = accounts.find(header => header.account === formatAccount(account))
  const region = await whichRegion(options, known, world)
  const token = readPastedToken(await take(options, account, region, world))
  const vault = await vaultForWriting('set-amazon', world)
  const ports = await renewalPorts(world, vault, rulesOf(world.settings()))
  if (world.terminal.isInteractive) world.terminal.err('Asking Amazon whether it accepts the token …\n')
  heldSignal(world)
  const result = await bringToken({ account, token, app: options.app ?? null, region }, ports)
  const exit = say(account, result, options, world)
  await deliverRenewed({ headers: [result.header], says: options.json !== true }, world)
  return exit
}

/** `main` or `amazon:main`. What looks like a token is refused without being shown: argv is open to all. */
function bareName(word: string): string {
  const name = word.startsWith('amazon:') ? word.slice('amazon:'.length) : word
  if (isName(name)) return name
  throw new TokenctlError('USAGE', 'This cannot name an account.', {
    fix: 'Names are small letters, digits and hyphens. A token is never an argument: run `tokenctl set-amazon` and paste it when asked. If you typed one here, it is in your shell history now.',
  })
}

async function whichRegion(
  { region, stdin }: SetAmazonOptions,
  known: AccountHeader | undefined,
  world: World,
): Promise<Region | null> {
  if (region !== undefined) return region
  if (known?.region !== undefined && known.region !== null) return known.region
  if (stdin === true || !world.terminal.isInteractive) return null
  return await askRegion(world)
}

async function take(
  { stdin }: SetAmazonOptions,
  account: AccountRef,
  region: Region | null,
  world: World,
): Promise<string> {
  if (stdin === true) return world.terminal.readStdin('the token')
  world.terminal.err(`${sellerCentralSteps(region)}\n`)
  const prompt = await world.prompt()
  return prompt.secret(`New token for ${formatAccount(account)}:`, { insteadOf: '--stdin' })
}

function say(account: AccountRef, result: BroughtResult, options: SetAmazonOptions, world: World): Exit {
  const name = formatAccount(account)
  if (result.outcome === 'stored') {
    presentAccount(
      result.header,
      'renewed',
      `${name}: Amazon accepts the new token; it is stored.`,
      options.json === true,
      world,
    )
    return 0
  }
  const why = result.error?.message ?? ''
  presentAccount(
    result.header,
    'pending',
    `${name}: the new token is kept but not proven (${why}) It is tried at the next \`tokenctl renew ${name}\`.`,
    options.json === true,
    world,
  )
  if (result.error !== null && options.json !== true) world.terminal.err(`Fix: ${result.error.fix}\n`)
  return result.error?.exit ?? 0
}
