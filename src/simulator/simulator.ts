/**
 * The loopback marketplaces: one HTTP server on 127.0.0.1 that answers as eBay, Amazon, AliExpress and others do, each at its
 * own path. It must never listen on another address, and never reaches out itself.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { systemCode, TokenctlError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { AMAZON_CONFIRM, answerAmazonConfirm } from './amazon-confirm.ts'
import { answerInstead, answerOf, gatewayPage, targetOf } from './answer.ts'
import { answerConsent, consentVendorOf } from './consent.ts'
import { answerControl, CONTROL_PREFIX, ELSEWHERE } from './control.ts'
import { deliver, deliverDamaged, resetConnection, type Wait } from './deliver.ts'
import { FAULTS, type FaultTarget, vendorOfTarget } from './faults.ts'
import { LANDING, landingPage } from './landing.ts'
import type { LoggedRequest } from './request-log.ts'
import { type Seed, type SeedApp, seedDefault } from './seed.ts'
import { Simulation } from './simulation.ts'
import type { Vendor } from './vendors.ts'
import type { Call, Reply } from './wire.ts'

export interface SimulatorOptions {
  /** The marketplaces' time of day. */
  readonly clock: Pick<Clock, 'now'>
  /** Absent or 0: a free one. */
  readonly port?: number
  /** Absent: `seedDefault`. */
  readonly seed?: Seed
  /**
   * The address that is registered for consents with every app that names none, such as
   * `http://127.0.0.1:8765/callback`. Default: a page of the simulator, from which the address is copied.
   */
  readonly redirectUri?: string
  /** Whether a code's second use ends what its first use gave. Default: no; no vendor says. */
  readonly codeReuseRevokes?: boolean
  /** Called with each request as it is answered; for showing, not for deciding. */
  readonly onRequest?: (entry: LoggedRequest) => void
  /** Decides for faults with a share. Default: `Math.random`. */
  readonly random?: () => number
  /** Waits for `slow` and `drip`. Default: real time, which does not keep the program alive. */
  readonly wait?: Wait
}

/** A running simulator: what it knows and can be told, and where it listens. */
export type Simulator = Simulation & {
  /** `http://127.0.0.1:PORT`, for `config set endpoint.<marketplace>`. */
  readonly origin: string
  readonly port: number
  /** Stops listening and cuts every connection. Safe to call twice. */
  readonly close: () => Promise<void>
}

// No token request comes near it; the vendors' own caps are not published.
const BODY_CAP_BYTES = 64 * 1024

const waitInRealTime: Wait = ms =>
  new Promise(resolve => {
    setTimeout(resolve, ms).unref()
  })

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      const busy = systemCode(error) === 'EADDRINUSE' || systemCode(error) === 'EACCES'
      const fix = 'Choose another with `--port`, or leave it out for a free one.'
      const mine = () => new TokenctlError('USAGE', `Port ${port} cannot be taken.`, { fix, cause: error })
      reject(busy ? mine() : error)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

/** Reads a request to its end. Bytes over the cap are read and dropped, so that the answer to it arrives. */
async function readCall(request: IncomingMessage): Promise<Call | 'too large' | 'gone'> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes <= BODY_CAP_BYTES) chunks.push(chunk)
    }
  } catch {
    // The sender closed in the middle: there is nobody left to tell.
    return 'gone'
  }
  if (bytes > BODY_CAP_BYTES) return 'too large'
  const address = request.url ?? '/'
  const mark = address.indexOf('?')
  return {
    method: request.method ?? '',
    path: mark === -1 ? address : address.slice(0, mark),
    query: mark === -1 ? '' : address.slice(mark + 1),
    headers: request.headers,
    body: Buffer.concat(chunks),
  }
}

// Checked before anything listens: a consent page that cannot lead anywhere is found too late.
function checkRedirects(given: string | undefined, apps: readonly SeedApp[]): void {
  for (const address of [
    given,
    ...apps.flatMap(app => [app.keys['redirectUri'], app.declinedUri, app.loginUri]),
  ]) {
    if (address === undefined || (/^https?:\/\//.test(address) && URL.canParse(address))) continue
    const fix = 'Give a whole address, such as http://127.0.0.1:8765/callback.'
    throw new TokenctlError('USAGE', 'The simulator cannot send a browser to that redirect address.', { fix })
  }
}

/** Says what became of a request, and puts that on the socket. */
class Front {
  readonly #simulation: Simulation
  readonly #wait: Wait
  /** Another origin than the one that is listened on, in the eyes of an HTTP client. */
  elsewhere = ''

  constructor(simulation: Simulation, wait: Wait) {
    this.#simulation = simulation
    this.#wait = wait
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request)
    if (call === 'gone') return
    if (call === 'too large') return deliver(response, { status: 413, headers: {}, body: '' })
    const target = targetOf(call.path)
    if (target !== undefined) return this.#answerVendor(target, call, response)
    const { log, market, now } = this.#simulation
    const vendor = consentVendorOf(call.path)
    if (vendor !== undefined) {
      const reply = answerConsent(vendor, call, market, now())
      this.#note(vendor, call, reply, {})
      return deliver(response, reply)
    }
    if (call.path.startsWith(`${AMAZON_CONFIRM}/`)) {
      const reply = answerAmazonConfirm(call, market, now())
      this.#note('amazon', { ...call, path: AMAZON_CONFIRM }, reply, {})
      return deliver(response, reply)
    }
    if (call.path === LANDING) {
      log.add({ method: call.method, path: LANDING, status: 200, outcome: 'landed' }, now())
      return deliver(response, landingPage())
    }
    if (call.path === ELSEWHERE) {
      log.add({ method: call.method, path: call.path, status: 200, outcome: 'redirect followed' }, now())
      return deliver(response, {
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: 'elsewhere\n',
      })
    }
    if (call.path.startsWith(CONTROL_PREFIX)) return deliver(response, answerControl(call, this.#simulation))
    log.add({ method: call.method, path: '(unknown)', status: 404, outcome: 'not found' }, now())
    deliver(response, { status: 404, headers: { 'content-type': 'text/plain' }, body: 'not found\n' })
  }

  async #answerVendor(target: FaultTarget, call: Call, response: ServerResponse): Promise<void> {
    const { faults, market, now } = this.#simulation
    const vendor = vendorOfTarget(target)
    const planned = faults.next(target)
    if (planned === undefined) {
      const reply = answerOf(target, call, market, now())
      this.#note(vendor, call, reply, {})
      return deliver(response, reply)
    }
    const { fault } = planned
    if (FAULTS[fault][0] === 'instead') {
      const reply = answerInstead(target, planned, this.elsewhere)
      this.#note(vendor, call, reply ?? { outcome: fault, detail: 'by fault' }, { fault })
      return reply === undefined ? resetConnection(response) : deliver(response, reply)
    }
    const reply = answerOf(target, call, market, now())
    const page = gatewayPage(fault)
    const sent = fault === 'empty-204' ? 204 : (page ?? reply).status
    this.#note(vendor, call, reply, { fault, status: fault === 'lost-reply' ? null : sent })
    return deliverDamaged(response, page ?? reply, planned, this.#wait)
  }

  #note(
    marketplace: Vendor,
    { method, path }: Call,
    reply: Partial<Reply> & Pick<Reply, 'outcome'>,
    over: Partial<LoggedRequest>,
  ): void {
    const { status = null, outcome, detail = null, account = null, generation = null } = reply
    const entry = { marketplace, method, path, status, outcome, detail, account, generation, ...over }
    this.#simulation.log.add(entry, this.#simulation.now())
  }
}

/**
 * Starts the marketplaces on 127.0.0.1.
 *
 * @throws {USAGE} when the port cannot be taken, the seed names an app that is not in it, or a redirect address is none.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const now = () => options.clock.now()
  const seed = options.seed ?? seedDefault(now())
  checkRedirects(options.redirectUri, seed.apps)
  const simulation = new Simulation({
    seed,
    now,
    random: options.random ?? Math.random,
    onRequest: options.onRequest ?? (() => undefined),
  })
  simulation.market.codeReuseRevokes = options.codeReuseRevokes ?? false
  simulation.market.registered = options.redirectUri ?? null
  const front = new Front(simulation, options.wait ?? waitInRealTime)
  const server = createServer((request, response) => {
    // What throws in there is a fault of the simulator; it ends the program as any other would.
    void front.answer(request, response)
  })
  const port = await listen(server, options.port ?? 0)
  front.elsewhere = `http://localhost:${port}${ELSEWHERE}`
  // `localhost`, so that no client takes it for an address of its own to listen on (RFC 8252, 8.3).
  simulation.market.landing = `http://localhost:${port}${LANDING}`
  const close = async () => {
    if (!server.listening) return
    await new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return Object.assign(simulation, { origin: `http://127.0.0.1:${port}`, port, close })
}
