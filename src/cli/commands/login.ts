/**
 * `tokenctl login`: a new consent of the seller. The consent page opens in the browser; what comes back is caught on a
 * loopback address, or pasted; its code is exchanged the safe way, and only the right seller's shop is connected.
 * With `--link` somebody else consents, elsewhere and later; `--resume` takes what came back.
 */
import { TokenctlError } from '../../errors.ts'
import type { Redirected } from '../../marketplaces/adapter.ts'
import { isAnswerTo, newState } from '../../oauth/state.ts'
import { type AccountRef, DEFAULT_NAME, formatAccount, parseAccount } from '../../tokens/account.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { ASKED_FOR_MS, type AskedConsent } from '../../vault/asked-consents.ts'
import type { Exit } from '../exit.ts'
import { awaitAnswer } from '../login-answer.ts'
import {
  consentAddress,
  type LoginChoices,
  type LoginRequest,
  loginAccount,
  prepareLogin,
} from '../login-request.ts'
import { redirectedIn } from '../redirected.ts'
import { presentAccount } from '../render/account-result.ts'
import { showDay, showSpan } from '../render/dates.ts'
import { renderJson } from '../render/json.ts'
import { safeText } from '../render/safe-text.ts'
import { heldSignal } from '../renewing.ts'
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
  const prepared = await prepareLogin(account, options, world)
  if ('finished' in prepared) return connected(prepared.finished, options, world)
  if (options.link === true) return await printLink(prepared, options, world)
  const state = newState()
  const address = consentAddress(prepared, state, options)
  const show = async () => {
    const isOpened = options.browser !== false && (await world.openBrowser(address))
    explain(prepared, address, isOpened, world)
  }
  const answer = await awaitAnswer(prepared, { state, choices: options, show }, world)
  return await connect(prepared, answer, options, world)
}

/** Exchanges what came back, and says so. */
async function connect(
  { account, ports, region, adapter }: LoginRequest,
  { code, seller }: Redirected,
  options: LoginOptions,
  world: World,
): Promise<Exit> {
  if (world.terminal.isInteractive) world.terminal.err(`Exchanging the code at ${adapter.title} …\n`)
  heldSignal(world)
  const { consent } = await import('../../renewal/consent.ts')
  const replacesSeller = options.replaceSeller === true
  const app = options.app ?? null
  const header = await consent({ account, code, seller, replacesSeller, app, region }, ports)
  return connected(header, options, world)
}

function connected(header: AccountHeader, options: LoginOptions, world: World): Exit {
  const whose = header.seller === null ? '' : ` Its seller is ${header.seller}.`
  presentAccount(
    header,
    'renewed',
    `${header.account} is connected by a new consent.${whose}`,
    options.json === true,
    world,
  )
  return 0
}

function explain(
  { account, adapter, flow, header }: LoginRequest,
  address: string,
  isOpened: boolean,
  { terminal }: World,
): void {
  const seller = header?.seller ?? null
  const who =
    seller === null
      ? `Sign in as the seller of ${formatAccount(account)}, and agree.`
      : `Sign in as the seller ${safeText(seller)}, and agree: another one is refused.`
  terminal.err(
    isOpened
      ? `${adapter.title}'s consent page opens in your browser. If it does not, open this address:\n\n`
      : `Open this address in the browser where the seller signs in:\n\n`,
  )
  // Alone on its line and never wrapped: it is meant to be copied.
  terminal.err(`${address}\n\n`)
  terminal.err(`${who} The code that comes back lives ${showSpan(flow.codeSeconds)}.\n`)
}

/** Keeps the question for whoever brings the answer, and prints the address alone. */
async function printLink(request: LoginRequest, options: LoginOptions, world: World): Promise<Exit> {
  const { account, adapter, flow, vault, region, header } = request
  const state = newState()
  const address = consentAddress(request, state, options)
  const name = formatAccount(account)
  const askedAt = world.clock.now()
  await (await vault.askedConsents()).keep({
    account: name,
    state,
    app: options.app ?? header?.app ?? null,
    region,
    environment: request.ports.destinationOf(adapter).environment,
    replacesSeller: options.replaceSeller === true,
    askedAt,
  })
  if (options.json === true) {
    const until = new Date(askedAt + ASKED_FOR_MS).toISOString()
    world.terminal.out(
      renderJson({ version: 1, account: name, address, codeSeconds: flow.codeSeconds, until }),
    )
    return 0
  }
  world.terminal.out(`${address}\n`)
  world.terminal.err(
    `Send this address to the seller of ${name}; it is good until ${showDay(askedAt + ASKED_FOR_MS)}. After agreeing, the browser stands on a page whose address holds the answer: that whole address must come back to you within ${showSpan(flow.codeSeconds)}.\nNext: \`tokenctl login ${name} --resume\`, and paste it.\n`,
  )
  return 0
}

/** Takes the answer to a link. */
async function resume(options: LoginOptions, world: World): Promise<Exit> {
  const opened = await (await world.openVault('login')).read()
  const links = opened.state === 'empty' ? undefined : await opened.vault.askedConsents()
  const asked = (await links?.all(world.clock.now())) ?? []
  const wanted = wantedOf(asked, options)
  const text = await takeAnswer(options, world)
  const { parameters, isBareCode } = (
    await import('../../oauth/redirected-address.ts')
  ).readRedirectedAddress(text)
  const [only] = wanted
  const answered = isBareCode
    ? wanted.length === 1
      ? only
      : undefined
    : wanted.find(({ state }) => isAnswerTo(state, parameters))
  if (answered === undefined) throw notAsked(isBareCode, wanted)
  const { account: name, app, region, replacesSeller } = answered
  const { marketplace, name: own = DEFAULT_NAME } = parseAccount(name)
  const choices = {
    ...options,
    ...(app === null ? {} : { app }),
    ...(region === null ? {} : { region }),
    replaceSeller: replacesSeller || options.replaceSeller === true,
  }
  const prepared = await prepareLogin({ marketplace, name: own }, choices, world)
  if ('finished' in prepared) return connected(prepared.finished, options, world)
  const redirected = redirectedIn({ parameters, isBareCode }, prepared.flow)
  // Used once: whatever becomes of the code, an answer with this state is never taken again.
  await links?.remove(name)
  return await connect(prepared, redirected, choices, world)
}

/** The links that are meant. @throws {USAGE} when there is none */
function wantedOf(
  asked: readonly AskedConsent[],
  { marketplace, name }: LoginOptions,
): readonly AskedConsent[] {
  const word = marketplace === undefined ? undefined : parseAccount(marketplace)
  const named = word?.name ?? name
  const wanted = asked.filter(({ account }) => {
    const own = parseAccount(account)
    return (
      (word === undefined || own.marketplace === word.marketplace) &&
      (named === undefined || own.name === named)
    )
  })
  if (wanted.length > 0) return wanted
  const words = [marketplace, name].filter(each => each !== undefined).join(' ')
  throw new TokenctlError(
    'USAGE',
    `No link is waiting for an answer${words === '' ? '' : ` for ${words}`}.`,
    {
      fix: `\`tokenctl login ${words === '' ? 'ebay:main' : words} --link\` makes one; it is good for ${showSpan(ASKED_FOR_MS / 1000)}.`,
    },
  )
}

async function takeAnswer({ stdin }: LoginOptions, world: World): Promise<string> {
  if (stdin === true) return await world.terminal.readStdin('the address')
  const prompt = await world.prompt()
  return await prompt.secret('The address that came back:', { insteadOf: '--stdin' })
}

function notAsked(isBareCode: boolean, wanted: readonly AskedConsent[]): TokenctlError {
  const names = wanted.map(({ account }) => account).join(', ')
  return isBareCode
    ? new TokenctlError('USAGE', `A code alone does not say which of ${names} it answers.`, {
        fix: 'Paste the whole address, or name the account.',
      })
    : new TokenctlError('USAGE', `This is no answer to the link of ${names}. Nothing was changed.`, {
        fix: 'An earlier link ends when a new one is made, and each is good for one answer. Send the newest link again, or make another with `--link`.',
      })
}

function nobodyThere({ marketplace, name }: AccountRef): TokenctlError {
  const account = formatAccount({ marketplace, name })
  return new TokenctlError('ANSWER_MISSING', 'A consent needs a person, and nobody is there to ask.', {
    account,
    fix: `Run it at a terminal, or make an address to send with \`tokenctl login ${account} --link\`.`,
  })
}

function refuseOdd({ link, resume, stdin, marketplace }: LoginOptions): void {
  const odd = (message: string) =>
    new TokenctlError('USAGE', message, { fix: 'See `tokenctl login --help`.' })
  if (link === true && resume === true) throw odd('--link and --resume exclude each other.')
  if (stdin === true && resume !== true) throw odd('--stdin goes with --resume.')
  if (marketplace === undefined && resume !== true) throw odd('Which marketplace was not said.')
}
