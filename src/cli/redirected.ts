/** From what a person pasted to the code in it, by the marketplace that it must come from. */
import type { LoginFlow, Redirected } from '../marketplaces/adapter.ts'

/** What a text held: see `oauth/redirected-address.ts`. */
export interface PastedAnswer {
  readonly parameters: ReadonlyMap<string, string>
  readonly isBareCode: boolean
}

/** The answer in it. @throws {CONSENT_DENIED} · {USAGE} as `LoginFlow.readRedirect` */
export function redirectedIn({ parameters, isBareCode }: PastedAnswer, flow: LoginFlow): Redirected {
  // A code alone has no name; it gets the one that this marketplace gives it.
  const named = isBareCode ? new Map([[flow.codeParameter, parameters.get('code') ?? '']]) : parameters
  return flow.readRedirect(named)
}
