/** Sends a browser on, with what the address is to carry: each value encoded once. */
import type { Parameters } from './consent-side.ts'
import type { Reply, Whom } from './wire.ts'

export interface Redirect {
  readonly address: string
  readonly parameters: Parameters
}

/** A 302 to the address; the parameters go behind a query that it may have already. */
export function redirectReply(
  { address, parameters }: Redirect,
  outcome: string,
  whom: Whom,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return {
    status: 302,
    headers: {
      location: `${address}${address.includes('?') ? '&' : '?'}${query}`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      ...headers,
    },
    body: '',
    outcome,
    detail: null,
    account: null,
    generation: null,
    ...whom,
  }
}
