/**
 * The one who sees a race: every exchange on the wire, whose process it was, and which of an account's tokens was
 * presented, told by the tokens themselves and not by what either side says of them.
 */
import { readFileSync } from 'node:fs'
import { type ChaosProxy, type Exchange, startChaosProxy } from '../support/chaos-proxy.ts'
import { openFiles } from './crowd-locks.ts'
import type { RaceEvent } from './race-event.ts'

/** An event without its time. */
export type Unseen = RaceEvent extends infer Each
  ? Each extends RaceEvent
    ? Omit<Each, 'at'>
    : never
  : never

/** The moments of an exchange at which something can be done to its process. */
export type Moment = 'asked' | 'delivered'

export interface Observer {
  readonly proxy: ChaosProxy
  readonly history: readonly RaceEvent[]
  /** What went wrong in the observer itself, which no verdict could be trusted after. */
  readonly problems: readonly unknown[]
  /** Renewals that were accepted so far. */
  accepted(): number
  note(event: Unseen): void
  /** Makes a token known that came by no answer, and gives its number. */
  learn(account: string, token: string): number
}

export interface ObserverOptions {
  readonly to: string
  /** The runs that live now: number and process. */
  readonly living: () => Iterable<readonly [run: number, pid: number]>
  /** Called in the middle of an exchange; nothing goes on before it returns. */
  readonly onMoment: (moment: Moment, run: number) => void
}

/** Starts to observe. The proxy adds nothing to the exchanges and takes nothing away. */
export async function startObserver({ to, living, onMoment }: ObserverOptions): Promise<Observer> {
  const history: RaceEvent[] = []
  const problems: unknown[] = []
  const tokens = new Map<string, { readonly account: string; readonly number: number }>()
  const issued = new Map<string, number>()
  /** Whose connection it is, by the client's port; asked when it is made, while its process must still live. */
  const owners = new Map<number, number | null>()
  let accepted = 0

  const note = (event: Unseen) => void history.push({ at: performance.now(), ...event } as RaceEvent)
  const learn = (account: string, token: string) => {
    const known = tokens.get(token)
    if (known !== undefined) return known.number
    const number = issued.get(account) ?? 0
    issued.set(account, number + 1)
    tokens.set(token, { account, number })
    return number
  }

  async function watch(exchange: Exchange): Promise<void> {
    const run = owners.get(exchange.clientPort) ?? null
    const presented = presentedIn(await exchange.whole)
    const token = tokens.get(presented)
    if (token === undefined) throw new Error('a token was presented that nobody issued')
    if (run !== null) onMoment('asked', run)
    const reply = await exchange.ask()
    const next = issuedIn(reply)
    const isAccepted = next !== undefined
    note({ type: 'present', run, account: token.account, token: token.number, accepted: isAccepted })
    if (next !== undefined) {
      accepted += 1
      learn(token.account, next)
    }
    await exchange.send(reply)
    if (!isAccepted) return
    note({ type: 'delivered', run, account: token.account })
    if (run !== null) onMoment('delivered', run)
  }

  const proxy = await startChaosProxy({
    to,
    fault: () => exchange => watch(exchange).catch(error => void problems.push(error)),
    onConnection: client => {
      owners.set(client.remotePort ?? 0, ownerOf(client.remotePort ?? 0, living()))
      return false
    },
  })
  return { proxy, history, problems, accepted: () => accepted, note, learn }
}

/** The run whose process has the other end of a connection; null where none that lives has it. */
function ownerOf(clientPort: number, living: Iterable<readonly [number, number]>): number | null {
  const socket = `socket:[${inodeOf(clientPort)}]`
  for (const [run, pid] of living) if (openFiles(pid).includes(socket)) return run
  return null
}

/** The socket at a port of this machine, by the kernel's own table. */
function inodeOf(port: number): string {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (fields[1] === local && fields[9] !== '0') return fields[9] ?? ''
  }
  return ''
}

function presentedIn(request: Buffer): string {
  const body = request.toString('latin1').split('\r\n\r\n')[1] ?? ''
  return new URLSearchParams(body).get('refresh_token') ?? ''
}

/** The refresh token of an answer; undefined where it gives none. */
function issuedIn(reply: Buffer): string | undefined {
  const body: unknown = JSON.parse(reply.toString('utf8').split('\r\n\r\n')[1] ?? 'null')
  const token = (body as Record<string, unknown> | null)?.['refresh_token']
  return typeof token === 'string' ? token : undefined
}
