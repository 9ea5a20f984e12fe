/**
 * Waits for the answer of a consent: caught on the loopback address that the app has registered, where it has one, and
 * at the same time taken as a paste, since the browser may be on another machine. Whichever comes first ends the other;
 * afterwards nothing listens and nothing is asked any more.
 */
import { isTokenctlError, QuestionWithdrawn, TokenctlError } from '../../errors.ts'
import type { LoginFlow, Redirected } from '../../marketplaces/adapter.ts'
import { readLoopbackAddress } from '../../oauth/loopback-address.ts'
import { readRedirectedAddress, readRedirectQuery } from '../../oauth/redirected-address.ts'
import { isAnswerTo } from '../../oauth/state.ts'
import type { RedirectListener } from '../../platform/loopback.ts'
import type { Secret } from '../../tokens/secret.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { showSpan } from '../render/dates.ts'
import { folded } from '../render/fold.ts'
import type { World } from '../world.ts'
import { consentRequest, type LoginChoices, type LoginRequest } from './login-request.ts'
import { halfWay, notTaken } from './login-words.ts'
import { redirectedIn } from './redirected.ts'

const ANOTHERS = 'This address belongs to another login: its `state` is not the one of this run.'
const NOBODYS = 'This address has no `state`, by which the answer to this login is known.'
const INSTEAD = 'Consent at the address that is shown above, and paste the one that the browser goes to.'

/** How long a person is waited for, in seconds. Our choice: time to find a password and a second factor. */
const WAIT_SECONDS = 15 * 60

/** What was asked for, and what its answer is known by. */
export interface Asking {
  readonly state: Secret
  readonly choices: LoginChoices
  /** Shows the person where to consent, and until when; called when everything listens that can. */
  readonly show: (isListening: boolean, until: EpochMs) => Promise<void>
  /** Opens an address in the person's browser; false where none is to be opened, or none can. */
  readonly open: (address: string) => Promise<boolean>
}

/**
 * The code that the seller's consent gave.
 *
 * @throws {CONSENT_DENIED} · {ANSWER_MISSING} when nothing came in time · {CANCELLED}
 */
export async function awaitAnswer(request: LoginRequest, asking: Asking, world: World): Promise<Redirected> {
  const { state, show } = asking
  const stop = new AbortController()
  const until = world.clock.now() + WAIT_SECONDS * 1000
  const timer = setTimeout(() => stop.abort(), WAIT_SECONDS * 1000)
  const listener = await listen(request, state, stop.signal, world)
  const answers: Promise<Redirected>[] = []
  try {
    const isListening = listener !== undefined
    await show(isListening, until)
    const asked = { ...request, ...asking, isListening, until }
    answers.push(paste(asked, stop.signal, world))
    if (listener !== undefined) answers.push(taken(listener, request.flow))
    return await Promise.race(answers)
  } catch (error) {
    if (error instanceof QuestionWithdrawn) throw tooLate()
    throw error
  } finally {
    clearTimeout(timer)
    stop.abort()
    // Before anything else is said the question is wiped from the screen, and nobody listens any more.
    await Promise.allSettled([answers[0], listener?.close()])
  }
}

async function taken(listener: RedirectListener, flow: LoginFlow): Promise<Redirected> {
  const parameters = await listener.result
  // It was closed without an answer: the question beside it says why.
  if (parameters === undefined) return await new Promise(() => {})
  return redirectedIn({ parameters, isBareCode: false }, flow)
}

/** The listener, where the app's redirect comes to this machine; a port that is taken leaves the paste. */
async function listen(
  { app, flow }: LoginRequest,
  state: Secret,
  signal: AbortSignal,
  world: World,
): Promise<RedirectListener | undefined> {
  const redirectUri = flow.redirectUri(app)
  const address = redirectUri === null ? null : readLoopbackAddress(redirectUri)
  if (address === null) return undefined
  const accept = (parameters: ReadonlyMap<string, string>) =>
    isAnswerTo(state, parameters) ? 'taken' : 'refused'
  try {
    return await world.listenForRedirect(address, accept, { readQuery: readRedirectQuery, signal })
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    world.terminal.err(folded(`${error.message} ${error.fix}`, world.terminal))
    return undefined
  }
}

/** What was asked, with what its answer is known by. */
interface Asked extends LoginRequest, Asking {
  readonly isListening: boolean
  readonly until: EpochMs
}

/** The pasted answer, asked for again until it is one. */
async function paste(asked: Asked, signal: AbortSignal, world: World): Promise<Redirected> {
  const prompt = await world.prompt()
  const text = asked.isListening ? 'Or paste the address:' : 'Paste the address:'
  const validate = (pasted: string) => why(pasted, asked, world)
  for (;;) {
    try {
      const answer = await prompt.secret(text, { insteadOf: '--link', signal, validate })
      return redirectedIn(readRedirectedAddress(answer), asked.flow)
    } catch (error) {
      // Far too much was pasted: as much a slip as the wrong address.
      if (!isTokenctlError(error) || error.code !== 'USAGE') throw error
      world.terminal.err(`${notTaken(`${error.message} ${error.fix}`, asked.until, world)}\n`)
    }
  }
}

/** True, or why this is no answer to this question, as sentences: the person may have copied the wrong tab. */
async function why(pasted: string, asked: Asked, world: World): Promise<true | string> {
  const { flow, state, adapter, choices, until } = asked
  let isOurs = false
  let ending: string | undefined
  try {
    const answer = readRedirectedAddress(pasted)
    const onward = flow.onward?.(answer.parameters, consentRequest(asked, state, choices))
    if (onward !== undefined) {
      // Not waited for: what is pasted meanwhile must not show on the screen. Where nothing opens, the address is there.
      void asked.open(onward)
      return halfWay(adapter.title, onward, world)
    }
    isOurs = answer.isBareCode || isAnswerTo(state, answer.parameters)
    ending = answer.parameters.has('state') ? ANOTHERS : NOBODYS
    // Another marketplace's address is told as such, before its state is.
    redirectedIn(answer, flow)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    if (error.code !== 'CONSENT_DENIED') return notTaken(`${error.message} ${error.fix}`, until, world)
  }
  // With the right state a refusal ends the login, as it does where it is caught.
  return isOurs || notTaken(`${ending} ${INSTEAD}`, until, world)
}

function tooLate(): TokenctlError {
  return new TokenctlError(
    'ANSWER_MISSING',
    `No answer came within ${showSpan(WAIT_SECONDS)}; nothing was changed.`,
    {
      fix: 'Run the login again when the seller is at the browser, or send an address with `--link`.',
    },
  )
}
