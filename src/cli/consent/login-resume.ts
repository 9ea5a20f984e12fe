/**
 * The answer to a link, pasted or read from standard input: which link it answers, and whether it does. A link is good for
 * one answer that holds a code; what is no answer, and a seller's refusal, leave it as it is.
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { Redirected } from '../../marketplaces/adapter.ts'
import { type RedirectedAnswer, readRedirectedAddress } from '../../oauth/redirected-address.ts'
import { isAnswerTo } from '../../oauth/state.ts'
import type { ConsentLink } from '../../renewal/consent.ts'
import { requireEnvironment } from '../../renewal/preconditions.ts'
import { parseAccount } from '../../tokens/account.ts'
import type { Secret } from '../../tokens/secret.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { ASKED_FOR_MS, type AskedConsent, type AskedConsents } from '../../vault/asked-consents.ts'
import type { OpenedVault } from '../../vault/open.ts'
import { showDay, showSpan } from '../render/dates.ts'
import { folded } from '../render/fold.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { World } from '../world.ts'
import type { Onward } from './login-link.ts'
import {
  consentRequest,
  type LoginChoices,
  type LoginRequest,
  loginRequest,
  openForLogin,
} from './login-request.ts'
import { notTaken } from './login-words.ts'
import { redirectedIn } from './redirected.ts'

/** What a person said. */
export interface ResumeWords {
  /** Absent: any. Also an account, `ebay:main`. */
  readonly marketplace: string | undefined
  readonly name: string | undefined
  readonly stdin?: boolean
}

/** What a killed run left of this very answer, and that is stored now. */
export interface Finished {
  readonly finished: AccountHeader
}

/** The answer, with what was asked. */
export interface LinkAnswer {
  readonly request: LoginRequest
  /** What the link was made with, where the marketplace wants one. */
  readonly verifier: Secret | undefined
  /** What was chosen when the link was made. */
  readonly choices: LoginChoices
  readonly answer: Redirected | Onward
  readonly taking: ConsentLink
}

/**
 * Takes the answer to a link. At a terminal it is asked for until it is one.
 *
 * @throws {USAGE} when no link waits, or what came is no answer to one · {CONSENT_DENIED} · {ENVIRONMENT_MISMATCH} ·
 *   {ANSWER_MISSING} · {CANCELLED} · what the vault throws
 */
export async function takeLinkAnswer(
  words: ResumeWords & LoginChoices,
  world: World,
): Promise<LinkAnswer | Finished> {
  const opened = await (await world.openVault('login')).read()
  const links = opened.state === 'empty' ? undefined : await opened.vault.askedConsents()
  const waiting = (await links?.all(world.clock.now(), account => isWanted(account, words))) ?? []
  const [first, ...others] = waiting
  if (first === undefined || links === undefined) return await finishedOf(words, opened, world)
  // What would fail anyhow fails before a person looks for the answer.
  const only = others.length === 0 ? await open(first, words, world) : undefined
  const asked: Asked = { waiting, only }
  const given = await takeAnswer(words, asked, world)
  const onward = onwardOf(given, only)
  if (onward !== undefined && only !== undefined)
    return {
      ...only,
      verifier: only.link.verifier,
      answer: { onward, until: only.link.askedAt + ASKED_FOR_MS },
      taking: takingOf(only.link, links, world),
    }
  const link = linkOf(given, waiting)
  const found = only ?? (await open(link, words, world))
  const { verifier } = link
  return { ...found, verifier, answer: redirectedOf(given, found), taking: takingOf(link, links, world) }
}

/** How the link is used up: an answer with its state is taken once, by whoever exchanges the code. */
function takingOf(link: AskedConsent, links: AskedConsents, { clock }: World): ConsentLink {
  return { take: () => links.take(link, clock.now()), putBack: () => links.keep(link) }
}

/** A link, and what it was made of. */
interface OpenLink extends Pick<LinkAnswer, 'request' | 'choices'> {
  readonly link: AskedConsent
}

/** What an answer may belong to. */
interface Asked {
  readonly waiting: readonly AskedConsent[]
  /** The only one, opened; undefined where there are several. */
  readonly only: OpenLink | undefined
}

async function open(link: AskedConsent, words: LoginChoices, world: World): Promise<OpenLink> {
  const account = refOf(link)
  const choices = choicesOf(link, words)
  // What was cut off is finished first all the same; the answer to come is newer.
  const request = await loginRequest(account, choices, await openForLogin(account, words, world), world)
  requireEnvironment(link, request.adapter, request.ports)
  return { link, request, choices }
}

/** Where an answer leads on to that stopped half-way and has no `state` yet: only the one link there is can say. */
function onwardOf({ parameters }: RedirectedAnswer, only: OpenLink | undefined): string | undefined {
  if (only === undefined) return undefined
  const { link, request, choices } = only
  return request.flow.onward?.(parameters, consentRequest(request, link.state, choices))
}

function choicesOf({ app, region, replacesSeller }: AskedConsent, choices: LoginChoices): LoginChoices {
  return {
    ...choices,
    ...(app === null ? {} : { app }),
    ...(region === null ? {} : { region }),
    replaceSeller: replacesSeller || choices.replaceSeller === true,
  }
}

/** Whether an account's link is meant. */
function isWanted(account: string, { marketplace, name }: ResumeWords): boolean {
  const word = marketplace === undefined ? undefined : parseAccount(marketplace)
  const named = word?.name ?? name
  const own = parseAccount(account)
  return (
    (word === undefined || own.marketplace === word.marketplace) &&
    (named === undefined || own.name === named)
  )
}

/** Without a link: its answer may have been on its way into the record when a run was killed. @throws {USAGE} */
async function finishedOf(
  words: ResumeWords & LoginChoices,
  opened: OpenedVault,
  world: World,
): Promise<Finished> {
  const { marketplace, name } = words
  const word = marketplace === undefined ? undefined : parseAccount(marketplace)
  const named = word?.name ?? name
  if (opened.state !== 'empty' && word !== undefined && named !== undefined) {
    const { finished } = await openForLogin({ marketplace: word.marketplace, name: named }, words, world)
    if (finished !== undefined) return { finished }
  }
  throw noLink([marketplace, name].filter(each => each !== undefined).join(' '))
}

function noLink(words: string): TokenctlError {
  const [whose, again] = words === '' ? ['', 'ebay:main'] : [` for ${words}`, words]
  return new TokenctlError('USAGE', `No link is waiting for an answer${whose}.`, {
    fix: `\`tokenctl login ${again} --link\` makes one; it is good for ${showSpan(ASKED_FOR_MS / 1000)}, and for one answer.`,
  })
}

async function takeAnswer({ stdin }: ResumeWords, asked: Asked, world: World): Promise<RedirectedAnswer> {
  if (stdin === true) return readRedirectedAddress(await world.terminal.readStdin('the address'))
  const prompt = await world.prompt()
  const validate = (pasted: string) => why(pasted, asked, world)
  if (world.terminal.isInteractive) {
    const words = `The answer to the link of ${namesOf(asked.waiting)} is the whole address that the seller's browser went to.`
    world.terminal.err(folded(words, world.terminal))
  }
  const answer = await prompt.secret('Paste the address:', { insteadOf: '--stdin', validate })
  return readRedirectedAddress(answer)
}

/** True, or why this is no answer to any of these links, as sentences. */
async function why(pasted: string, { waiting, only }: Asked, world: World): Promise<true | string> {
  try {
    const given = readRedirectedAddress(pasted)
    if (onwardOf(given, only) !== undefined) return true
    const { marketplace } = refOf(linkOf(given, waiting))
    const flow = await rulesOf(world.settings()).adapterOf(marketplace).login?.()
    if (flow !== undefined) redirectedIn(given, flow)
    return true
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    // A seller's refusal ends the wait.
    return error.code === 'CONSENT_DENIED' || notTaken(`${error.message} ${error.fix}`, null, world)
  }
}

/** The link that an answer belongs to, by its `state`. A code alone, which came by mail, could be anybody's. */
function linkOf(
  { parameters, isBareCode }: RedirectedAnswer,
  waiting: readonly AskedConsent[],
): AskedConsent {
  const found = waiting.find(({ state }) => !isBareCode && isAnswerTo(state, parameters))
  if (found !== undefined) return found
  const names = namesOf(waiting)
  throw isBareCode
    ? new TokenctlError('USAGE', `A code alone does not say that it answers the link of ${names}.`, {
        fix: "Paste the whole address that the seller's browser went to.",
      })
    : new TokenctlError('USAGE', `This is no answer to the link of ${names}. Nothing was changed.`, {
        fix: 'An earlier link ends when a new one is made, and each is good for one answer. Send the newest link again, or make another with `--link`.',
      })
}

const namesOf = (waiting: readonly AskedConsent[]) => waiting.map(({ account }) => account).join(', ')

/** The code. @throws {CONSENT_DENIED} saying that the link stays */
function redirectedOf(given: RedirectedAnswer, { link, request }: OpenLink): Redirected {
  try {
    return redirectedIn(given, request.flow)
  } catch (error) {
    if (!isTokenctlError(error) || error.code !== 'CONSENT_DENIED') throw error
    throw new TokenctlError(error.code, error.message, {
      account: link.account,
      fix: `The link stays good until ${showDay(link.askedAt + ASKED_FOR_MS)}: the seller can open it again, and agree.`,
    })
  }
}
