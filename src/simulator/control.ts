/**
 * The addresses under `/_simulator/`, by which a user's own integration tests read and steer the simulator. They hand
 * out fake tokens, so they answer to this machine alone: a web page that a browser was led to must not reach them.
 */
import { isTokenctlError } from '../errors.ts'
import { toIso } from '../tokens/time.ts'
import type { Outgoing } from './deliver.ts'
import { FAULT_TARGETS, FAULT_WORDS, isFault, isFaultTarget } from './faults.ts'
import { ROTATION_MODES } from './rotation.ts'
import type { SeedApp } from './seed.ts'
import type { Simulation } from './simulation.ts'
import { ALL_VENDORS, isVendor, type Vendor } from './vendors.ts'
import { keysOf } from './views.ts'
import { type Call, isLocal } from './wire.ts'

/** What every control address begins with. */
export const CONTROL_PREFIX = '/_simulator/'
/** Where `redirect` points: whoever arrives there followed a redirect with a token in hand. */
export const ELSEWHERE = '/_simulator/elsewhere'

type Body = Readonly<Record<string, unknown>>

/** A request that cannot be done, with words for the person who sent it. */
class Bad extends Error {}

function readBody(call: Call, fields: readonly string[]): Body {
  let value: unknown
  try {
    value = JSON.parse(call.body.toString('utf8'))
  } catch {
    throw new Bad('The body is not JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Bad('The body is no object.')
  const stranger = Object.keys(value).find(key => !fields.includes(key))
  if (stranger !== undefined) throw new Bad(`There is no such field; the fields are: ${fields.join(', ')}.`)
  return value as Body
}

function marketplaceIn(body: Body): Vendor {
  const word = body['marketplace']
  if (isVendor(word)) return word
  throw new Bad(`marketplace must be one of: ${ALL_VENDORS.join(', ')}.`)
}

function textIn(body: Body, name: string): string {
  const value = body[name]
  if (typeof value === 'string') return value
  throw new Bad(`${name} must be a text.`)
}

function numbersIn<Name extends string>(body: Body, names: readonly Name[]): { [name in Name]?: number } {
  const found: { [name in Name]?: number } = {}
  for (const name of names) {
    const value = body[name]
    if (value === undefined) continue
    if (typeof value !== 'number') throw new Bad(`${name} must be a number.`)
    found[name] = value
  }
  return found
}

const FAULT_NUMBERS = ['times', 'share', 'retryAfterSeconds', 'delayMs'] as const

function setFault(call: Call, simulation: Simulation): Body {
  const body = readBody(call, ['marketplace', 'fault', ...FAULT_NUMBERS])
  const { marketplace, fault } = body
  if (!isFaultTarget(marketplace)) throw new Bad(`marketplace must be one of: ${FAULT_TARGETS.join(', ')}.`)
  if (fault === 'none') simulation.clearFaults(marketplace)
  else if (isFault(fault)) simulation.fault(marketplace, fault, numbersIn(body, FAULT_NUMBERS))
  else throw new Bad(`fault must be one of: none, ${FAULT_WORDS.join(', ')}.`)
  return { marketplace, fault }
}

function setRotation(call: Call, simulation: Simulation): Body {
  const body = readBody(call, ['marketplace', 'mode', 'graceSeconds', 'reuseRevokes'])
  const marketplace = marketplaceIn(body)
  const mode = ROTATION_MODES.find(each => each === body['mode'])
  if (mode === undefined) throw new Bad(`mode must be one of: ${ROTATION_MODES.join(', ')}.`)
  const { reuseRevokes = false } = body
  if (typeof reuseRevokes !== 'boolean') throw new Bad('reuseRevokes must be true or false.')
  const { graceSeconds } = numbersIn(body, ['graceSeconds'])
  if (graceSeconds !== undefined && !(graceSeconds >= 0)) throw new Bad('graceSeconds must be 0 or more.')
  const rule = { mode, reuseRevokes, ...(graceSeconds !== undefined && { graceSeconds }) }
  simulation.setRotation(marketplace, rule)
  return { marketplace, ...simulation.market.rotation[marketplace] }
}

function rotateSecret(call: Call, simulation: Simulation): Body {
  const body = readBody(call, ['marketplace', 'app', 'delaySeconds'])
  const marketplace = marketplaceIn(body)
  if (marketplace !== 'amazon') throw new Bad('Only amazon replaces a secret while the old one lives.')
  const app = body['app'] === undefined ? {} : { app: textIn(body, 'app') }
  const { oldSecretEndsAt, ...made } = simulation.rotateSecret({
    ...app,
    ...numbersIn(body, ['delaySeconds']),
  })
  return { marketplace, ...made, oldSecretEndsAt: toIso(oldSecretEndsAt) }
}

function renameSeller(call: Call, simulation: Simulation): Body {
  const body = readBody(call, ['marketplace', 'seller', 'name'])
  const [marketplace, seller, name] = [marketplaceIn(body), textIn(body, 'seller'), textIn(body, 'name')]
  simulation.renameSeller(marketplace, seller, name)
  return { marketplace, seller: name }
}

const accountIn = (call: Call) => textIn(readBody(call, ['account']), 'account')

const ROUTES: Readonly<Record<string, (call: Call, simulation: Simulation) => unknown>> = {
  'GET import': (_, simulation) => simulation.importDocument(),
  'GET accounts': (_, simulation) => ({ accounts: simulation.accounts() }),
  'GET sellers': (_, simulation) => ({ sellers: simulation.sellers() }),
  'GET requests': (_, simulation) => ({ requests: simulation.requests() }),
  'POST fault': setFault,
  'POST rotation': setRotation,
  'POST rotate-secret': rotateSecret,
  'POST rename-seller': renameSeller,
  'POST end-consent': (call, simulation) => {
    const account = accountIn(call)
    simulation.endConsent(account)
    return { account, state: 'ended' }
  },
  'POST amazon-token': (call, simulation) => {
    const account = accountIn(call)
    return { account, refreshToken: simulation.newAmazonToken(account) }
  },
  'POST code': (call, simulation) => {
    const account = accountIn(call)
    const { code, expiresAt } = simulation.newCode(account)
    return { account, code, expiresAt: toIso(expiresAt) }
  },
}

/** The one document of a marketplace's own, for connecting it apart from the others. */
function importOf(marketplace: Vendor, simulation: Simulation): unknown {
  const { version, apps, accounts } = simulation.importDocument()
  return {
    version,
    apps: apps.filter(app => app.marketplace === marketplace),
    accounts: accounts.filter(({ account }) => account.startsWith(`${marketplace}:`)),
  }
}

function vendorNamed(word: string): Vendor {
  if (isVendor(word)) return word
  throw new Bad(`The marketplaces are: ${ALL_VENDORS.join(', ')}.`)
}

/** Addresses that end in a name. A text is answered as such, ready to be piped into a command. */
const NAMED_ROUTES: Readonly<Record<string, (name: string, simulation: Simulation) => unknown>> = {
  'GET import': (name, simulation) => importOf(vendorNamed(name), simulation),
  'GET keys': (name, simulation) => {
    const marketplace = vendorNamed(name)
    const { market } = simulation
    const isHere = (each: SeedApp) => each.marketplace === marketplace && each.environment !== 'sandbox'
    const app = market.apps.find(isHere)
    if (app === undefined) throw new Bad(`There is no ${marketplace} app.`)
    return keysOf(market, app)
  },
  'POST amazon-token': (name, simulation) => `${simulation.newAmazonToken(name)}\n`,
}

function workOf(call: Call): ((call: Call, simulation: Simulation) => unknown) | undefined {
  const [word = '', ...names] = call.path.slice(CONTROL_PREFIX.length).split('/')
  const route = `${call.method} ${word}`
  if (names.length === 0) return Object.hasOwn(ROUTES, route) ? ROUTES[route] : undefined
  const named = names.length === 1 && Object.hasOwn(NAMED_ROUTES, route) ? NAMED_ROUTES[route] : undefined
  return named && ((_, simulation) => named((names[0] ?? '').replace(/%3a/i, ':'), simulation))
}

function answer(status: number, body: unknown): Outgoing {
  if (typeof body === 'string') {
    return { status, headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' }, body }
  }
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return { status, headers, body: `${JSON.stringify(body, null, 2)}\n` }
}

/** The answer to a call under `/_simulator/`. Bad bodies get 400 with words, strangers 403. */
export function answerControl(call: Call, simulation: Simulation): Outgoing {
  if (!isLocal(call)) return answer(403, { error: 'The simulator is controlled from this machine only.' })
  const work = workOf(call)
  if (work === undefined) {
    const routes = [...Object.keys(ROUTES), ...Object.keys(NAMED_ROUTES).map(each => `${each}/NAME`)]
    const known = routes.map(each => each.replace(' ', ` ${CONTROL_PREFIX}`))
    return answer(404, { error: `There is no such address; there are: ${known.join(', ')}.` })
  }
  try {
    return answer(200, work(call, simulation))
  } catch (error) {
    if (error instanceof Bad) return answer(400, { error: error.message })
    if (isTokenctlError(error)) return answer(400, { error: `${error.message} ${error.fix}` })
    throw error
  }
}
