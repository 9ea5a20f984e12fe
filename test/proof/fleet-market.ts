/**
 * A token server under strict rotation, for a fleet: each token is taken once, and what is presented is written down, with
 * the life of the program that asked, and when it was over. Each life has a door of its own, so that a request that a dead
 * process left in the kernel is still told from its successor's. The wire's own faults are drawn here by chance.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Presentation } from './fleet-event.ts'

/** How often of a thousand presentations each fault comes. */
export interface WireFaults {
  /** The answer is reset away; the token is spent. */
  readonly lost: number
  /** The answer comes late. */
  readonly late: number
  /** 503, and nothing is done. */
  readonly turnedAway: number
  /** A reset, and nothing is done. */
  readonly dropped: number
}

export interface FleetMarket {
  readonly presentations: readonly Presentation[]
  /** Opens the door of a life; its origin. */
  open(life: number): Promise<string>
  /** Which token of an account was issued last; 1 is that which it began with. */
  issued(account: string): number
  /** The seller consents again: which token that brings. */
  consent(account: string): number
  /** Stops the wire's faults. */
  behave(): void
  close(): Promise<void>
}

export interface MarketOptions {
  readonly random: () => number
  readonly faults: WireFaults
  /** Late answers come this long after their question at most, in milliseconds. */
  readonly latestMs: number
  /** Told the number of presentations so far, before one is answered. */
  readonly onPresented: (count: number) => void
}

const PREFIX = 'v^1.1#i^1#fleet^'

/** The refresh token of an account. */
export const tokenOf = (account: string, number: number): string => `${PREFIX}${account}^${number}`

/** Which token of which account a text is. @throws for one that nobody issued */
export function readToken(text: string): { readonly account: string; readonly token: number } {
  const [, account, number] = /^v\^1\.1#i\^1#fleet\^([a-z0-9:-]+)\^(\d+)$/.exec(text) ?? []
  if (account === undefined) throw new Error('This token was issued by nobody.')
  return { account, token: Number(number) }
}

export function fleetMarket({ random, faults, latestMs, onPresented }: MarketOptions): FleetMarket {
  const presentations: Presentation[] = []
  const current = new Map<string, number>()
  const servers: Server[] = []
  let isBehaving = false

  function drawn(): keyof WireFaults | undefined {
    let lot = random() * 1000
    if (isBehaving) return undefined
    for (const fault of ['lost', 'late', 'turnedAway', 'dropped'] as const) {
      lot -= faults[fault]
      if (lot < 0) return fault
    }
    return undefined
  }

  function judged(account: string, token: number, fault: keyof WireFaults | undefined) {
    if (fault === 'turnedAway') return 'turned-away'
    if (fault === 'dropped') return 'dropped'
    if (token !== issued(account)) return 'spent'
    current.set(account, token + 1)
    return 'accepted'
  }

  const issued = (account: string) => current.get(account) ?? 1

  function present(life: number, form: string, response: ServerResponse): void {
    const { account, token } = readToken(new URLSearchParams(form).get('refresh_token') ?? '')
    const fault = drawn()
    const outcome = judged(account, token, fault)
    const isLost = fault === 'lost' || fault === 'dropped'
    const seen: Presentation = {
      life,
      account,
      token,
      at: performance.now(),
      outcome,
      isLost,
      answeredAt: null,
      overAt: null,
    }
    presentations.push(seen)
    response.on('finish', () => {
      seen.answeredAt = performance.now()
      seen.overAt ??= seen.answeredAt
    })
    response.on('close', () => {
      seen.overAt ??= performance.now()
    })
    onPresented(presentations.length)
    if (isLost) {
      // Over for whoever asked when the reset is there; nothing can be asked again before.
      seen.overAt = performance.now()
      response.socket?.resetAndDestroy()
      return
    }
    const answer = () => {
      const [status, body] = ANSWERS[outcome](account, token)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (fault === 'late') setTimeout(answer, random() * latestMs)
    else answer()
  }

  async function take(life: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    try {
      for await (const part of request) parts.push(part as Buffer)
    } catch {
      // Who was killed while it asked has asked nothing.
      return
    }
    present(life, Buffer.concat(parts).toString('latin1'), response)
  }

  return {
    presentations,
    async open(life) {
      const server = createServer((request, response) => void take(life, request, response))
      server.keepAliveTimeout = 60_000
      servers.push(server)
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', 1024, resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    issued,
    consent: account => {
      current.set(account, issued(account) + 1)
      return issued(account)
    },
    behave: () => {
      isBehaving = true
    },
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise(resolve => server.close(resolve))
      }
    },
  }
}

const ANSWERS: Readonly<
  Record<Presentation['outcome'], (account: string, token: number) => readonly [number, object]>
> = {
  accepted: (account, token) => [
    200,
    {
      access_token: `v^1.1#access^${account}^${token}^${'a'.repeat(1500)}`,
      expires_in: 7200,
      refresh_token: tokenOf(account, token + 1),
      refresh_token_expires_in: 47_304_000,
      token_type: 'User Access Token',
    },
  ],
  spent: () => [
    400,
    {
      error: 'invalid_grant',
      error_description:
        'the provided authorization refresh token is invalid or was issued to another client',
    },
  ],
  'turned-away': () => [503, { error: 'temporarily_unavailable', error_description: 'busy' }],
  dropped: () => [500, {}],
}
