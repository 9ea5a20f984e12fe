/**
 * The two ways in which tokens leave: into a program's standard input, or by a signed POST. What a program writes and what
 * a server answers is never shown, since either may repeat what it was given; only a status comes back.
 */
import { TokenctlError } from '../../errors.ts'
import { parseRetryAfter } from '../../oauth/retry-after.ts'
import type { HttpResponse } from '../../platform/http.ts'
import type { DeliverPorts, HandOver } from '../../renewal/deliver.ts'
import { SECOND } from '../../tokens/time.ts'
import { passedEnvironment } from '../notices/passed-environment.ts'
import { unanswered } from '../notices/unanswered.ts'
import type { World } from '../world.ts'
import { type DeliveryText, deliveryText, signedPost } from './delivery-document.ts'

/** How long a receiver may take, program or server. A run over many accounts must not hang on a dead one. */
export const HAND_OVER_MS = 30 * SECOND

/**
 * The statuses by which a program says that only a person can help; any other but 0 is tried again.
 *
 * @see sysexits.h of BSD: EX_NOPERM and EX_CONFIG
 */
const PROGRAM_REFUSES = [77, 78]

/** Statuses below 500 that say "not now" (RFC 9110 section 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4). */
const NOT_NOW = [408, 425, 429]

type HandOverWorld = Pick<World, 'http' | 'programs' | 'clock' | 'env'>

/** Hands tokens over as the account's delivery says. */
export function handOverBy(world: HandOverWorld): DeliverPorts['handOver'] {
  return async what => {
    const text = deliveryText(what)
    if ('command' in what.way) await toProgram(what, what.way.command, text, world)
    else await toServer(what, what.way, text, world)
  }
}

async function toProgram(
  what: HandOver,
  command: readonly string[],
  { text }: DeliveryText,
  world: HandOverWorld,
): Promise<void> {
  const programs = await world.programs()
  const env = passedEnvironment(world.env)
  const end = await programs.run({ command, env, input: `${text}\n`, timeoutMs: HAND_OVER_MS })
  const { account } = what.stored.header
  const { target } = what.delivery
  if (end.how === 'timed-out')
    throw new TokenctlError('DELIVERY_PENDING', `${target} had not ended after ${HAND_OVER_MS / SECOND} s.`, {
      account,
    })
  if (end.how !== 'ended') throw new TokenctlError('DELIVERY_FAILED', end.reason, { account })
  const { status, signal } = end
  if (status === 0) return
  const words = status === null ? `was ended by ${signal ?? 'a signal'}` : `ended with status ${status}`
  const isRefusal = status !== null && PROGRAM_REFUSES.includes(status)
  throw new TokenctlError(isRefusal ? 'DELIVERY_FAILED' : 'DELIVERY_PENDING', `${target} ${words}.`, {
    account,
  })
}

async function toServer(
  { stored, delivery }: HandOver,
  way: Parameters<typeof signedPost>[0],
  text: DeliveryText,
  world: HandOverWorld,
): Promise<void> {
  const http = await world.http()
  const { account } = stored.header
  let response: HttpResponse
  try {
    response = await http.send(signedPost(way, text, world.clock.now()), { timeoutMs: HAND_OVER_MS })
  } catch (error) {
    throw notAnswered(error, account)
  }
  const { status } = response
  if (status >= 200 && status <= 299) return
  const says = `${delivery.target} answered ${status}.`
  if (status >= 500 || NOT_NOW.includes(status)) {
    const retryAfterMs = parseRetryAfter(response.headers['retry-after'], world.clock.now())
    throw new TokenctlError('DELIVERY_PENDING', says, {
      account,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  throw new TokenctlError('DELIVERY_FAILED', says, { account, fix: mendOf(status, account) })
}

function notAnswered(error: unknown, account: string): unknown {
  const why = unanswered(error)
  if (why === undefined) return error
  const { message, isAddressWrong, cause } = why
  return new TokenctlError(isAddressWrong ? 'DELIVERY_FAILED' : 'DELIVERY_PENDING', message, {
    account,
    cause,
    ...(isAddressWrong ? { fix: elsewhere(account) } : {}),
  })
}

function mendOf(status: number, account: string): string {
  if (status === 404 || status === 405 || status === 410) return elsewhere(account)
  return `Look into the receiver's own log: it may have another key than the one that was shown when this was set up, or a clock that is minutes off. Then \`tokenctl deliver ${account}\`.`
}

function elsewhere(account: string): string {
  return `Give the receiver's own address: \`tokenctl accounts deliver-to ${account} --url\`. Then \`tokenctl deliver ${account}\`.`
}
