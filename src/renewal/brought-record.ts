/** The record that a token which a person brought goes into: the stored one, or a new one, with what they chose. Pure. */
import { type AccountRef, DEFAULT_NAME, formatAccount } from '../tokens/account.ts'
import { type Environment, NO_SECRETS, newHeader, type Region, type TokenSet } from '../tokens/token-set.ts'

/** What a person chose with a token; null keeps the account's own. */
export interface Choices {
  readonly app: string | null
  readonly region: Region | null
}

/** The record as it was, or a new one, with these choices. */
export function recordFor(
  account: AccountRef,
  stored: TokenSet | undefined,
  { app, region }: Choices,
  environment: Environment,
): TokenSet {
  const before = stored ?? emptyAccount(account, environment)
  const header = {
    ...before.header,
    environment,
    app: app ?? before.header.app ?? DEFAULT_NAME,
    region: region ?? before.header.region,
  }
  return { header, secrets: before.secrets }
}

/** Whether the stored token, which is used until the new one is proven, would be left with another app's keys. */
export function changesApp(stored: TokenSet | undefined, chosen: TokenSet): boolean {
  return (
    stored !== undefined && stored.secrets.refreshToken !== null && stored.header.app !== chosen.header.app
  )
}

function emptyAccount(account: AccountRef, environment: Environment): TokenSet {
  const header = newHeader({
    account: formatAccount(account),
    app: DEFAULT_NAME,
    environment,
    holdsToken: true,
  })
  return { header, secrets: NO_SECRETS }
}
