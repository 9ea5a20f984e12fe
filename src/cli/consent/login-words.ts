/** What a person is told of a consent: where to go, as whom, and how the answer comes back. No secret but the `state`. */
import { formatAccount } from '../../tokens/account.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { showClock, showSpan } from '../render/dates.ts'
import { folded } from '../render/fold.ts'
import { safeText } from '../render/safe-text.ts'
import type { World } from '../world.ts'
import type { LoginChoices, LoginRequest } from './login-request.ts'

/** How the consent was begun. */
export interface Begun {
  /** The consent page. */
  readonly address: string
  /** Whether a browser was asked to show it. */
  readonly isOpened: boolean
  /** Whether the answer is caught on this machine. */
  readonly isListening: boolean
  /** When waiting for the answer ends. */
  readonly until: EpochMs
}

/** Shows where to consent, and what happens then. The question for the paste stands below it. */
export function explainLogin(
  request: LoginRequest,
  choices: LoginChoices,
  { address, isOpened, isListening, until }: Begun,
  { terminal }: Pick<World, 'terminal'>,
): void {
  const { adapter, flow } = request
  const where = isOpened
    ? `${adapter.title}'s consent page opens in your browser. If it does not, open this address:`
    : 'Open this address in the browser where the seller signs in:'
  // The address alone on its line and never folded: it is meant to be copied.
  terminal.err(`${folded(where, terminal)}\n${address}\n\n`)
  // When the code is issued only the browser knows: so its life is told, and the clock is that of the login.
  const life = `The code that comes back lives ${showSpan(flow.codeSeconds)}; this login waits for it until ${showClock(until)}.`
  const back = isListening
    ? `The answer comes back here by itself. ${life}`
    : `Then the browser goes to another page, which need not load: copy the whole address from its address bar. ${life}`
  terminal.err(folded(`${asWhom(request, choices)} ${back}`, terminal))
  if (isListening) terminal.err('Waiting for the browser …\n')
}

function asWhom({ account, adapter, flow, header }: LoginRequest, { replaceSeller }: LoginChoices): string {
  const name = formatAccount(account)
  const seller = header?.seller ?? null
  const who =
    seller === null || replaceSeller === true
      ? `Sign in as the seller of ${name}, and agree.`
      : `Sign in as the seller of ${name}, ${safeText(seller)}, and agree: another one is refused.`
  // The others' pages ask it each time, but for those of manifests without such a switch; Amazon's has no such switch (marketplaces/amazon/NOTES.md).
  if (account.marketplace === 'amazon')
    return `${who} Amazon does not ask who you are: see first which account is signed in.`
  return flow.mayBeSignedIn === true
    ? `${who} ${adapter.title} may not ask who you are: see first which account is signed in.`
    : who
}

/** Where a consent goes on that stopped half-way, as an answer to a paste. */
export function halfWay(title: string, onward: string, { terminal }: Pick<World, 'terminal'>): string {
  const words = `${title} stopped half-way, at the app's own log-in page. Open this address in the same browser, and paste the one that it ends at:`
  return `${folded(words, terminal)}\n${onward}\n`
}

/** Why what was pasted is no answer, and how long one is still waited for. The question is asked again below it. `until`: null where nothing ends the wait. */
export function notTaken(
  why: string,
  until: EpochMs | null,
  { terminal, clock }: Pick<World, 'terminal' | 'clock'>,
): string {
  const seconds = until === null ? null : Math.max(0, Math.ceil((until - clock.now()) / 1000))
  const left = seconds === null ? '' : ` Time left: ${showSpan(seconds)}.`
  return folded(`Not taken. ${why}${left}`, terminal).trimEnd()
}
