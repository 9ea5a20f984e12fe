/**
 * What a hook's or a notice's program gets: the facts as TOKENCTL_ variables, and of this process's own environment only
 * what a program needs to find itself, its user and this tokenctl. No token, no proxy (it may hold a password), no NODE_
 * variable. Values are names, dates, codes and commands of ours.
 */

import type { World } from '../world.ts'
import type { Facts } from './notice-facts.ts'
import { passedEnvironment } from './passed-environment.ts'

type Env = Readonly<Record<string, string | undefined>>

/** What all calls of one run have in common. */
export interface CallFacts {
  /** What happened: `after`, `failed`; `several` where it is about several things. */
  readonly event: string
  /** Of one account or app; null where it is about none or several. */
  readonly facts: Facts | null
  /** About how many things it is. */
  readonly count: number
  readonly text: string
}

/** The environment of one call. Variables of facts that are not known are empty. */
export function programEnvironment(call: CallFacts, { env, run }: Pick<World, 'env' | 'run'>): Env {
  return { ...passedEnvironment(env), ...variablesOf(call, run) }
}

/**
 * Whether this very process was started by a hook or a notice of a run: what it does then calls no hook and sends no
 * notice, since a hook that calls `renew` would else call itself for ever.
 */
export function isWithinCall({ env }: Pick<World, 'env'>): boolean {
  return (env['TOKENCTL_EVENT'] ?? '') !== ''
}

/** The variables that a call is given besides, each of them always there. */
export const CALL_VARIABLES = [
  'TOKENCTL_EVENT',
  'TOKENCTL_ACCOUNT',
  'TOKENCTL_APP',
  'TOKENCTL_MARKETPLACE',
  'TOKENCTL_NAME',
  'TOKENCTL_STATE',
  'TOKENCTL_OUTCOME',
  'TOKENCTL_CODE',
  'TOKENCTL_ENDS_AT',
  'TOKENCTL_RENEW_BY',
  'TOKENCTL_DAYS_LEFT',
  'TOKENCTL_NEXT_COMMAND',
  'TOKENCTL_GAP_FROM',
  'TOKENCTL_GAP_TO',
  'TOKENCTL_COUNT',
  'TOKENCTL_TEXT',
  'TOKENCTL_RUN',
] as const

function variablesOf(
  { event, facts, count, text }: CallFacts,
  run: string,
): Readonly<Record<(typeof CALL_VARIABLES)[number], string>> {
  return {
    TOKENCTL_EVENT: event,
    TOKENCTL_ACCOUNT: facts?.account ?? '',
    TOKENCTL_APP: facts?.app ?? '',
    TOKENCTL_MARKETPLACE: facts?.marketplace ?? '',
    TOKENCTL_NAME: facts?.name ?? '',
    TOKENCTL_STATE: facts?.state ?? '',
    TOKENCTL_OUTCOME: facts?.outcome ?? '',
    TOKENCTL_CODE: facts?.code ?? '',
    TOKENCTL_ENDS_AT: facts?.ends.at ?? '',
    TOKENCTL_RENEW_BY: facts?.renewBy ?? '',
    TOKENCTL_DAYS_LEFT: facts?.daysLeft == null ? '' : String(facts.daysLeft),
    TOKENCTL_NEXT_COMMAND: facts?.command ?? '',
    TOKENCTL_GAP_FROM: facts?.gap?.from ?? '',
    TOKENCTL_GAP_TO: facts?.gap?.to ?? '',
    TOKENCTL_COUNT: String(count),
    TOKENCTL_TEXT: text,
    TOKENCTL_RUN: run,
  }
}
