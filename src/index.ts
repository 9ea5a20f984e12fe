/**
 * The library: what the command line does, for programs. Nothing here prints, asks or ends the process; every failure is a
 * `TokenctlError` with a code. A store or a marketplace of one's own is written against the interfaces below, and proved by
 * the suites of `tokenctl/contracts`. How: docs/library.md.
 */

export { type ErrorCode, type FailureClass, isTokenctlError, TokenctlError } from './errors.ts'
export { type AccessToken, accessToken } from './library/access-token.ts'
export { manifestAdapter } from './library/manifest-adapter.ts'
export { type OpenOptions, type OpenVault, openVault } from './library/open-vault.ts'
export type { Records, Revision } from './library/records.ts'
export { type Renewed, renewAccount } from './library/renew-account.ts'
export { type AccountStatus, type AppStatus, type Ends, type Status, status } from './library/status.ts'
// A marketplace of one's own: an adapter does no input or output. What RFC 6749 says is written already.
export type {
  AppField,
  ConsentRequest,
  Destination,
  Exchange,
  IdentityCall,
  LoginFlow,
  MarketplaceAdapter,
  RedeemInput,
  Redirected,
  RefreshInput,
  Rotation,
} from './marketplaces/adapter.ts'
export { requireAppKey } from './marketplaces/app-key.ts'
export { plainRefresh, type RefreshFacts } from './marketplaces/plain-refresh.ts'
export {
  authorizeAddress,
  type CodeTokenRules,
  codeRefused,
  codeRequest,
  codeRules,
  processCodeResponse,
} from './oauth/authorization-code.ts'
export { basicAuth, type ClientAuth, publicClient, secretInBody } from './oauth/client-auth.ts'
export type { Answer, ErrorRow, ReplyRules } from './oauth/error-reply.ts'
export { OAUTH_ERRORS } from './oauth/oauth-errors.ts'
export { challengeOf } from './oauth/pkce.ts'
export { processRefreshResponse, refreshRequest, type TokenRules } from './oauth/refresh-grant.ts'
// What is injected.
export type { Clock } from './platform/clock.ts'
export type { Http, HttpRequest, HttpResponse, SendOptions } from './platform/http.ts'
export type { AccountRef } from './tokens/account.ts'
// What records are made of.
export type { App, AppHeader, AppKeys } from './tokens/app-keys.ts'
export { Secret } from './tokens/secret.ts'
export type { Duration, EpochMs } from './tokens/time.ts'
export {
  type AccountHeader,
  type AccountSecrets,
  type Environment,
  type Issued,
  NO_SECRETS,
  newHeader,
  type Region,
  type TokenSet,
} from './tokens/token-set.ts'
export type { JournalStore, JournalText } from './vault/journal-store.ts'
// A store of one's own.
export { type VaultKey, vaultKey } from './vault/key-source.ts'
export { createMemoryStore } from './vault/memory.ts'
export type { HeaderEntry, HeaderJson, Rebuilt, SecretRecord, SecretStore } from './vault/secret-store.ts'
