/** The records of an opened vault as programs see them: tokens and keys, each read back as it was written. */
import type { AccountRef } from '../tokens/account.ts'
import type { App, AppHeader } from '../tokens/app-keys.ts'
import type { AccountHeader, TokenSet } from '../tokens/token-set.ts'

/** How often a record was stored: whoever writes names the one that they read, so that nobody's change is lost. */
export type Revision = number

export interface Records {
  /** Where they rest. */
  readonly kind: string
  /** Every header, and what is there and cannot be read. Opens no secret. */
  listing(): Promise<{
    readonly accounts: readonly AccountHeader[]
    readonly apps: readonly AppHeader[]
    readonly unreadable: readonly { readonly key: string; readonly error: Error }[]
  }>
  /** One account with its tokens; undefined when there is none. @throws {RECORD_UNREADABLE} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE} */
  account(account: AccountRef): Promise<(TokenSet & { readonly revision: Revision }) | undefined>
  /**
   * Stores an account over the revision that was read (null: there must be none yet), and gives it as it was read back.
   *
   * @throws {LOCK_HELD} when another run stored it since · {WRITE_FAILED} · {RECORD_UNREADABLE} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE}
   */
  saveAccount(set: TokenSet, after: Revision | null): Promise<TokenSet & { readonly revision: Revision }>
  /** One app with its keys; undefined when there is none. @throws as `account` */
  app(marketplace: string, name: string): Promise<(App & { readonly revision: Revision }) | undefined>
  /** Stores an app, as `saveAccount` does an account. */
  saveApp(app: App, after: Revision | null): Promise<App & { readonly revision: Revision }>
  /** Removes an account that is still at this revision. @throws {LOCK_HELD} · {ACCOUNT_UNKNOWN} · {RECORD_UNREADABLE} */
  removeAccount(account: AccountRef, after: Revision): Promise<void>
  /** Removes an app that is still at this revision. @throws as `removeAccount` */
  removeApp(marketplace: string, name: string, after: Revision): Promise<void>
}
