/**
 * What a command that is run with tokens finds in its environment: all that this process has, the tokens, and nothing of
 * tokenctl's own, so that a command on another machine or in a container meets the same as here. Pure.
 */
import { type EpochMs, toIso } from '../../tokens/time.ts'
import { ENDS } from './variable-names.ts'

type Env = Readonly<Record<string, string | undefined>>

/** One variable to be. */
export interface TokenVariable {
  readonly name: string
  /** The token itself. */
  readonly token: string
  readonly expiresAt: EpochMs
}

/**
 * The environment of the command.
 *
 * @param isStale whether a variable of that name must not come from outside: an older token could stand there
 */
export function commandEnvironment(
  env: Env,
  variables: readonly TokenVariable[],
  isStale: (name: string) => boolean,
): Readonly<Record<string, string>> {
  const isPassedOn = (name: string) => !/^TOKENCTL_/i.test(name) && !isStale(name)
  const passed = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isPassedOn(entry[0]),
  )
  const tokens = variables.flatMap(({ name, token, expiresAt }) => [
    [name, token],
    [`${name}${ENDS}`, toIso(expiresAt)],
  ])
  return Object.fromEntries([...passed, ...tokens])
}
