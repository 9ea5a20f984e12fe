/** From what a person pasted to the code in it, by the marketplace that it must come from. */
import { TokenctlError } from '../../errors.ts'
import type { LoginFlow, Redirected } from '../../marketplaces/adapter.ts'
import type { RedirectedAnswer } from '../../oauth/redirected-address.ts'

/**
 * The shortest text that is taken for a code standing alone, in characters. Our choice: the shortest code seen has 27
 * (AliExpress), and whatever else a person types in its place is not for the marketplace to see.
 */
const SHORTEST_BARE_CODE = 16

/** The answer in it. @throws {CONSENT_DENIED} · {MARKETPLACE_DOWN} · {USAGE} as `LoginFlow.readRedirect` */
export function redirectedIn({ parameters, isBareCode }: RedirectedAnswer, flow: LoginFlow): Redirected {
  if (!isBareCode) return flow.readRedirect(parameters)
  const code = parameters.get('code') ?? ''
  if (code.length < SHORTEST_BARE_CODE) throw neither()
  // A code alone has no name; it gets the one that this marketplace gives it.
  return flow.readRedirect(new Map([[flow.codeParameter, code]]))
}

function neither(): TokenctlError {
  return new TokenctlError('USAGE', 'What was pasted is neither an address nor a code.', {
    fix: "Copy the whole address from the browser's address bar, as it stands after the consent, and paste it.",
  })
}
