/**
 * What `export` seals: one import document of whole records, as text. Holds every token in the clear, so it is made in
 * memory, sealed there, and never written or shown.
 */
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Secret } from '../../tokens/secret.ts'
import { type EpochMs, toIso } from '../../tokens/time.ts'
import type { StoredAccount, StoredApp } from '../../vault/vault.ts'
import type { ImportAccount, ImportApp, ImportDocument } from '../shapes/import-shape.ts'

/** Whole records, as the vault has them. */
export interface ExportedRecords {
  readonly apps: readonly StoredApp[]
  readonly accounts: readonly StoredAccount[]
}

/**
 * The document's text, which `import` reads. Left out is what belongs to this machine alone: where tokens are handed on
 * to, and how its last tries went.
 */
export function exportDocument({ apps, accounts }: ExportedRecords): string {
  const document: ImportDocument = { version: 1, apps: apps.map(appOf), accounts: accounts.map(accountOf) }
  return `${JSON.stringify(document, null, 2)}\n`
}

function appOf({ header, keys, previous }: StoredApp): ImportApp {
  const { marketplace, name, environment, isPublic, secretIssuedAt, previousEndsAt } = header
  return {
    marketplace,
    name,
    keys: plain(keys),
    secretIssuedAt: dateOf(secretIssuedAt),
    record: {
      environment,
      isPublic,
      previous:
        previous === null || previousEndsAt === null
          ? null
          : { keys: plain(previous), endsAt: toIso(previousEndsAt) },
    },
  }
}

function accountOf({ header, secrets }: StoredAccount): ImportAccount {
  const { refused, gap } = header
  const { previous, pending } = secrets
  return {
    account: header.account,
    app: header.app,
    refreshToken: textOf(secrets.refreshToken),
    consentAt: dateOf(header.consentAt),
    renewedAt: dateOf(header.renewedAt),
    endsAt: dateOf(header.endsAt),
    accessToken: textOf(secrets.accessToken),
    accessExpiresAt: dateOf(header.accessExpiresAt),
    region: header.region,
    tags: header.tags,
    record: {
      environment: header.environment,
      generation: header.generation,
      acceptedAt: dateOf(header.acceptedAt),
      seller: header.seller,
      refused: refused === null ? null : { code: refused.code, at: toIso(refused.at) },
      gap: gap === null ? null : { from: toIso(gap.from), to: toIso(gap.to) },
      previous:
        previous === null
          ? null
          : { refreshToken: previous.refreshToken.reveal(), generation: previous.generation },
      pending:
        pending === null || header.pendingAt === null
          ? null
          : { refreshToken: pending.reveal(), at: toIso(header.pendingAt) },
    },
  }
}

function dateOf(at: EpochMs | null): string | null {
  return at === null ? null : toIso(at)
}

function textOf(secret: Secret | null): string | null {
  return secret === null ? null : secret.reveal()
}

function plain(keys: AppKeys): Record<string, string> {
  return Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, value.reveal()]))
}
