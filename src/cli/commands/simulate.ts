/**
 * `tokenctl simulate`: runs the loopback marketplaces until it is interrupted, and says what to type to connect to them.
 * Where it listens is the result and goes to stdout (I4); the requests as they come are its talk, and go to stderr.
 */
import { closest } from 'fastest-levenshtein'
import { TokenctlError } from '../../errors.ts'
import type { Clock } from '../../platform/clock.ts'
import {
  FAULT_TARGETS,
  FAULT_WORDS,
  type Fault,
  type FaultOptions,
  type FaultTarget,
  isFault,
  isFaultTarget,
} from '../../simulator/faults.ts'
import type { LoggedRequest } from '../../simulator/request-log.ts'
import { DEFAULT_GRACE_SECONDS, ROTATION_MODES, type RotationMode } from '../../simulator/rotation.ts'
import { seedDefault } from '../../simulator/seed.ts'
import { type Simulator, startSimulator } from '../../simulator/simulator.ts'
import { ALL_VENDORS, isVendor, VENDORS, type Vendor } from '../../simulator/vendors.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import type { Exit } from '../exit.ts'

/** The options as typed; `simulateRun` checks them before it opens anything. */
export interface SimulateOptions {
  /** Absent: a free one. */
  readonly port?: string
  /** `ebay=429:3` (the next three), `ebay=503:20%` (a fifth of all). */
  readonly fault?: readonly string[]
  /** `aliexpress=strict`, `aliexpress=grace:30` (seconds). */
  readonly rotation?: readonly string[]
  readonly consentDays?: string
  /** The address registered for consents with every app. Absent: a page of the simulator. */
  readonly redirectUri?: string
  /** Prints the first line as JSON, and no commands. */
  readonly json?: boolean
}

/** The part of the World that `simulate` needs. */
export interface SimulateWorld {
  readonly terminal: { out(text: string): void; err(text: string): void }
  readonly clock: Pick<Clock, 'now'>
  /** Aborted when the person, or the system, stops the program. */
  readonly signal: AbortSignal
}

interface Plan {
  readonly port: number
  readonly consentDays: number | undefined
  readonly faults: readonly { target: FaultTarget; fault: Fault; options: FaultOptions }[]
  readonly rotations: readonly { marketplace: Vendor; mode: RotationMode; graceSeconds: number }[]
}

function wrong(option: string, given: string, fix: string): TokenctlError {
  return new TokenctlError('USAGE', `${option}: ${quoteTyped(given)} cannot be done.`, {
    fix,
  })
}

function nearest(given: string, words: readonly string[]): string {
  return `Did you mean ${closest(given, [...words])}? There are: ${words.join(', ')}.`
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw wrong(option, text, `Give a whole number from ${least} to ${most}.`)
}

/** Splits `ebay=429:3` into its three words; the last may be absent. */
function splitOption(option: string, text: string): { whose: string; word: string; rest: string | null } {
  const parts = /^([^=]*)=([^:]*)(?::(.*))?$/s.exec(text)
  if (parts === null) throw wrong(option, text, 'Write it as <marketplace>=<word>, such as ebay=429:3.')
  const [, whose = '', word = '', rest = null] = parts
  return { whose, word, rest }
}

function parseFault(text: string): Plan['faults'][number] {
  const { whose: target, word, rest } = splitOption('--fault', text)
  if (!isFaultTarget(target)) throw wrong('--fault', text, nearest(target, FAULT_TARGETS))
  if (!isFault(word)) throw wrong('--fault', text, nearest(word, FAULT_WORDS))
  if (rest === null) return { target, fault: word, options: {} }
  if (!rest.endsWith('%')) {
    return { target, fault: word, options: { times: wholeNumber('--fault', rest, 1, 1_000_000) } }
  }
  return {
    target,
    fault: word,
    options: { share: wholeNumber('--fault', rest.slice(0, -1), 1, 100) / 100 },
  }
}

function parseRotation(text: string): Plan['rotations'][number] {
  const { whose: marketplace, word, rest } = splitOption('--rotation', text)
  if (!isVendor(marketplace)) throw wrong('--rotation', text, nearest(marketplace, ALL_VENDORS))
  const mode = ROTATION_MODES.find(each => each === word)
  if (mode === undefined) throw wrong('--rotation', text, nearest(word, ROTATION_MODES))
  if (rest === null) return { marketplace, mode, graceSeconds: DEFAULT_GRACE_SECONDS }
  if (mode !== 'grace') throw wrong('--rotation', text, 'Only grace takes a number: grace:30 is 30 seconds.')
  return { marketplace, mode, graceSeconds: wholeNumber('--rotation', rest, 0, 1_000_000) }
}

function planOf(options: SimulateOptions): Plan {
  const { port, consentDays } = options
  return {
    port: port === undefined ? 0 : wholeNumber('--port', port, 0, 65_535),
    consentDays: consentDays === undefined ? undefined : wholeNumber('--consent-days', consentDays, 1, 3650),
    faults: (options.fault ?? []).map(parseFault),
    rotations: (options.rotation ?? []).map(parseRotation),
  }
}

/** What to type, ready to copy. */
function welcome({ origin }: Simulator): string {
  const control = `${origin}/_simulator`
  return `eBay, Amazon, AliExpress, Etsy, Allegro and Mercado Libre are simulated at ${origin}

In another terminal, a home of its own first, so that made-up shops never get among your real ones:
  export TOKENCTL_HOME="$(mktemp -d)"
  tokenctl config set store file

Connect tokenctl to the simulator there:
${VENDORS.map(vendor => `  tokenctl config set endpoint.${vendor} ${origin}`).join('\n')}
  curl -s ${control}/import | tokenctl import
  tokenctl status

Connect a shop by the simulated consent pages, as its seller would:
  tokenctl login ebay:newcomer

Etsy, Allegro and Mercado Libre are there too, each with an app and no shop yet:
  tokenctl config set endpoint.etsy ${origin}
  curl -s ${control}/keys/etsy | tokenctl app set etsy --stdin
  tokenctl login etsy:newcomer

Make the next three requests to eBay fail, get a fresh Amazon token to paste, end a consent:
  curl -s ${control}/fault -d '{"marketplace":"ebay","fault":"503","times":3}'
  curl -s ${control}/amazon-token -d '{"account":"amazon:main"}'
  curl -s ${control}/end-consent -d '{"account":"ebay:main"}'

Go back to your own accounts and the real marketplaces:
  unset TOKENCTL_HOME

Stop it with Ctrl-C. Requests, as they come:
`
}

function logLine(entry: LoggedRequest): string {
  const { at, marketplace, outcome, account, generation, detail, fault } = entry
  const whom = account === null ? '' : ` ${account}`
  const which = generation === null ? '' : ` generation ${generation}`
  const why = detail === null ? '' : ` (${detail})`
  const damage = fault === null || fault === outcome ? '' : ` [${fault}]`
  return `${at} ${marketplace ?? '-'} ${outcome}${whom}${which}${why}${damage}\n`
}

function machineLine({ origin, port }: Simulator): string {
  const endpoints = Object.fromEntries(ALL_VENDORS.map(vendor => [vendor, origin]))
  return `${JSON.stringify({ version: 1, origin, port, endpoints, import: `${origin}/_simulator/import` })}\n`
}

/**
 * Runs the simulator until the signal comes.
 *
 * @returns 130, stopped by the person: there is no other end.
 * @throws {USAGE} for an option that cannot be done, or a port that cannot be taken.
 */
export async function simulateRun(options: SimulateOptions, world: SimulateWorld): Promise<Exit> {
  const plan = planOf(options)
  const { clock, terminal, signal } = world
  const simulator = await startSimulator({
    clock,
    port: plan.port,
    seed: seedDefault(clock.now(), plan.consentDays),
    ...(options.redirectUri !== undefined && { redirectUri: options.redirectUri }),
    onRequest: entry => terminal.err(logLine(entry)),
  })
  for (const { target, fault, options: how } of plan.faults) simulator.fault(target, fault, how)
  for (const { marketplace, ...rule } of plan.rotations) simulator.setRotation(marketplace, rule)
  terminal.out(options.json === true ? machineLine(simulator) : welcome(simulator))
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await simulator.close()
  return 130
}
