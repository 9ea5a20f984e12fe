/**
 * `tokenctl login`: a new consent of the seller. The consent page opens in the browser; what comes back is caught on a
 * loopback address, or pasted; its code is exchanged the safe way, and only the right seller's shop is connected.
 * With `--link` somebody else consents, elsewhere and later; `--resume` takes what came back.
 */
import { type ErrorCode, isTokenctlError, TokenctlError } from '../../errors.ts'
import type { Redirected } from '../../marketplaces/adapter.ts'
import type { ConsentLink } from '../../renewal/consent.ts'
import { type AccountRef, formatAccount, parseName } from '../../tokens/account.ts'
import type { Secret } from '../../tokens/secret.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { awaitAnswer } from '../consent/login-answer.ts'
import { printLink } from '../consent/login-link.ts'
import {
  consentAddress,
  type LoginChoices,
  type LoginRequest,
  loginAccount,
  loginRequest,
  newProof,
  openForLogin,
} from '../consent/login-request.ts'
import { takeLinkAnswer } from '../consent/login-resume.ts'
import { explainLogin } from '../consent/login-words.ts'
import { deliverRenewed } from '../delivery/deliver-renewed.ts'
import type { Exit } from '../exit.ts'
import { presentAccount } from '../render/account-result.ts'
import { heldSignal } from '../renewing/renewing.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { World } from '../world.ts'

export interface LoginOptions extends LoginChoices {
  readonly marketplace: string | undefined
  readonly name: string | undefined
  /** False with `--no-browser`. */
  readonly browser?: boolean
  readonly link?: boolean
  readonly resume?: boolean
  readonly stdin?: boolean
  readonly json?: boolean
}

export async function loginRun(options: LoginOptions, world: World): Promise<Exit> {
  refuseOdd(options)
  if (options.resume === true) return await resume(options, world)
  const account = await loginAccount(options.marketplace ?? '', options.name, world)
  if (options.link !== true && !world.terminal.isInteractive) throw nobodyThere(account)
  const opened = await openForLogin(account, options, world)
  if (opened.finished !== undefined) return connected(opened.finished, options, world)
  const request = await loginRequest(account, options, opened, world)
  if (options.link === true) return await printLink(request, options, world)
  const proof = newProof(request.flow)
  const address = consentAddress(request, proof, options)
  const open = async (url: string) => options.browser !== false && (await world.openBrowser(url))
  const show = async (isListening: boolean, until: EpochMs) =>
    explainLogin(request, options, { address, isOpened: await open(address), isListening, until }, world)
  // What takes the answer is loaded before it can come: it may be minutes, and who replaces the program meanwhile must not
  // make the seller consent again.
  await import('../../renewal/consent.ts')
  const asking = { state: proof.state, choices: options, show, open }
  const answer = { ...(await awaitAnswer(request, asking, world)), verifier: proof.verifier }
  return await connect(request, answer, options, world)
}

/** Takes the answer to a link: exchanges it, or prints where the seller has to go on to. */
async function resume(options: LoginOptions, world: World): Promise<Exit> {
  const taken = await takeLinkAnswer(options, world)
  if ('finished' in taken) return connected(taken.finished, options, world)
  const { request, choices, answer, taking, verifier } = taken
  const meant = { ...options, ...choices }
  return 'onward' in answer
    ? await printLink(request, meant, world, answer)
    : await connect(request, { ...answer, verifier }, meant, world, taking)
}

/** Exchanges what came back, and says so. */
async function connect(
  { account, ports, region, adapter, header: before }: LoginRequest,
  { code, seller, verifier }: Redirected & { readonly verifier: Secret | undefined },
  options: LoginOptions,
  world: World,
  link?: ConsentLink,
): Promise<Exit> {
  if (world.terminal.isInteractive) world.terminal.err(`Exchanging the code at ${adapter.title} …\n`)
  heldSignal(world)
  const { consent } = await import('../../renewal/consent.ts')
  const replacesSeller = options.replaceSeller === true
  const app = options.app ?? null
  const consented = { account, code, seller, verifier, replacesSeller, app, region, ...(link && { link }) }
  const header = await consent(consented, ports).catch((error: unknown) => {
    throw isTokenctlError(error) ? ofThisCode(error, account, options) : error
  })
  return connected(header, options, world, before)
}

/**
 * The failure with what mends it here: no later run sends a code again, as it would a token. What names the command has
 * said so already.
 */
function ofThisCode(error: TokenctlError, account: AccountRef, { resume }: LoginOptions): TokenctlError {
  const { code, message, fix, failure, requestId } = error
  const first = FIRST[code]
  if (first === undefined || fix.includes('tokenctl login')) return error
  const command = `tokenctl login ${formatAccount(account)}${resume === true ? ' --link' : ''}`
  const begins = fix.includes('next run') ? first : fix
  return new TokenctlError(code, message, {
    fix: `${begins} Then \`${command}\` begins anew; nothing that is stored was changed.`,
    account: formatAccount(account),
    cause: error,
    ...(failure === undefined ? {} : { failure }),
    ...(requestId === undefined ? {} : { requestId }),
  })
}

/** What to do first after a failure that the next run would mend by itself, had there been a token. */
const FIRST: Readonly<Partial<Record<ErrorCode, string>>> = {
  NETWORK_FAILED: 'Check the connection and the proxy.',
  RATE_LIMITED: 'Wait a little.',
  MARKETPLACE_DOWN: 'Wait a little.',
  REPLY_MALFORMED:
    'Something between here and the marketplace may be answering, such as a guest network that wants a log-in.',
  LOCK_HELD: 'Another tokenctl is at work on the account; wait until it is done.',
}

/** @param before the account as it was asked for; undefined where that is not known any more */
async function connected(
  header: AccountHeader,
  options: LoginOptions,
  world: World,
  before?: AccountHeader,
): Promise<Exit> {
  const { title } = rulesOf(world.settings()).adapterOf(refOf(header).marketplace)
  const wasUnknown = before?.holdsToken === true && before.seller === null
  const compare = wasUnknown ? ' Whose it was before is not known: look whether that is the right one.' : ''
  const whose =
    header.seller === null
      ? `${title} did not tell whose shop it is.`
      : `Its seller is ${header.seller}.${compare}`
  presentAccount(
    header,
    'renewed',
    `${header.account} is connected by a new consent. ${whose}`,
    options.json === true,
    world,
  )
  if (before?.delivery != null && header.delivery === null)
    world.terminal.err(
      `Note: The tokens of ${header.account} are another seller's now, and are not handed on any more. Where to, from now on: \`tokenctl accounts deliver-to --help\`.\n`,
    )
  await deliverRenewed({ headers: [header], says: options.json !== true }, world)
  return 0
}

function nobodyThere({ marketplace, name }: AccountRef): TokenctlError {
  const account = formatAccount({ marketplace, name })
  return new TokenctlError('ANSWER_MISSING', 'A consent needs a person, and nobody is there to ask.', {
    account,
    fix: `Run it at a terminal, or make an address to send with \`tokenctl login ${account} --link\`.`,
  })
}

function refuseOdd({ link, resume, stdin, marketplace, app }: LoginOptions): void {
  if (app !== undefined) parseName(app, 'app')
  const odd = (message: string) =>
    new TokenctlError('USAGE', message, { fix: 'See `tokenctl login --help`.' })
  if (link === true && resume === true) throw odd('--link and --resume exclude each other.')
  if (stdin === true && resume !== true) throw odd('--stdin goes with --resume.')
  if (marketplace === undefined && resume !== true) throw odd('Which marketplace was not said.')
}
