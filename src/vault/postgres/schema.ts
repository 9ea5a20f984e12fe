/**
 * The tables, as numbered steps that only ever go forward. Each step is carried out once, in a transaction with the number
 * that says so, and machines that start at once wait for one another; what was released is never edited, but followed.
 */
import { TokenctlError } from '../../errors.ts'
import type { Connection } from './connection.ts'

// The headers are read a page at a time by the million, and bodies one by one: `EXTERNAL` keeps what is sealed, which no
// compression makes smaller, out of the pages that a listing reads.
const RECORDS = `
CREATE TABLE tokenctl.vault (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  key_id text,
  is_in_use boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO tokenctl.vault DEFAULT VALUES;
CREATE TABLE tokenctl.record (
  key text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('account', 'app', 'channel', 'part')),
  revision bigint NOT NULL,
  head text NOT NULL,
  sealed text NOT NULL,
  key_id text NOT NULL,
  marketplace text COLLATE "C",
  name text COLLATE "C",
  app text COLLATE "C",
  environment text,
  holds_token boolean NOT NULL DEFAULT false,
  generation bigint,
  last_at timestamptz,
  consent_at timestamptz,
  renewed_at timestamptz,
  ends_at timestamptz,
  refused text,
  is_troubled boolean NOT NULL DEFAULT false,
  fingerprint text,
  tags text[] NOT NULL DEFAULT '{}',
  written_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tokenctl.record ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX record_last ON tokenctl.record (marketplace, last_at, key) WHERE kind = 'account';
CREATE INDEX record_ends ON tokenctl.record (marketplace, ends_at, key) WHERE kind = 'account' AND ends_at IS NOT NULL;
CREATE INDEX record_consent ON tokenctl.record (marketplace, consent_at, key) WHERE kind = 'account' AND ends_at IS NULL;
CREATE INDEX record_troubled ON tokenctl.record (marketplace, last_at, key) WHERE kind = 'account' AND is_troubled;
CREATE INDEX record_fingerprint ON tokenctl.record (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX record_tags ON tokenctl.record USING gin (tags) WHERE tags <> '{}';
CREATE TABLE tokenctl.journal (
  part text NOT NULL CHECK (part IN ('journal', 'asked')),
  key text COLLATE "C" NOT NULL,
  text text NOT NULL,
  lines text NOT NULL DEFAULT '',
  mark uuid NOT NULL,
  owner text NOT NULL,
  is_answered boolean NOT NULL DEFAULT false,
  busy_until timestamptz NOT NULL,
  PRIMARY KEY (part, key)
);
ALTER TABLE tokenctl.journal ALTER COLUMN text SET STORAGE EXTERNAL, ALTER COLUMN lines SET STORAGE EXTERNAL;
CREATE TABLE tokenctl.journal_aside (
  name text PRIMARY KEY,
  text text NOT NULL,
  put_at timestamptz NOT NULL DEFAULT now()
);`

// Who looks after which account is worth nothing after a crash, so it need not outlive one.
const FLEET = `
CREATE UNLOGGED TABLE tokenctl.claim (
  key text COLLATE "C" PRIMARY KEY,
  owner text NOT NULL,
  until timestamptz NOT NULL
);
CREATE TABLE tokenctl.sent (
  app text NOT NULL,
  day date NOT NULL,
  count bigint NOT NULL,
  granted bigint NOT NULL,
  PRIMARY KEY (app, day)
);
CREATE TABLE tokenctl.rate (
  app text PRIMARY KEY,
  tokens double precision NOT NULL,
  at timestamptz NOT NULL,
  granted bigint NOT NULL
);`

// Which move it was that filled the tables or left them (`standing.ts`).
const MOVE = 'ALTER TABLE tokenctl.vault ADD COLUMN move text;'

/** What makes the schema of one version that of the next, from version 0: nothing there. */
const STEPS: readonly string[] = [RECORDS, FLEET, MOVE]

/** The version that this program reads and writes. */
export const SCHEMA_VERSION = STEPS.length

/** Held together by whoever may write, and alone by whoever changes the tables or moves all records. */
export const GATE = "hashtextextended('tokenctl/gate', 0)"

/** The version of the schema that is there; 0: none. */
export async function schemaVersion(connection: Connection): Promise<number> {
  // By the catalogue's own tables: `to_regclass` may still answer, within a transaction, what was true before it waited.
  const [there] = await connection.rows<{ made: boolean }>({
    text: `SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = 'tokenctl' AND c.relname = 'migration') AS made`,
  })
  if (there?.made !== true) return 0
  const [found] = await connection.rows<{ version: number }>({
    text: 'SELECT coalesce(max(version), 0)::int AS version FROM tokenctl.migration',
  })
  return found?.version ?? 0
}

/** @throws {VAULT_UNAVAILABLE} for a schema that a newer program made */
export function refuseNewerSchema(version: number, place: string): void {
  if (version <= SCHEMA_VERSION) return
  throw new TokenctlError(
    'VAULT_UNAVAILABLE',
    `A newer tokenctl made the tables at ${place} (schema version ${version}, known is ${SCHEMA_VERSION}).`,
    { fix: 'Update tokenctl on this machine. Nothing was changed.' },
  )
}

/**
 * Brings the tables to this program's version; nothing where they are.
 *
 * @param steps those of a test; absent: all.
 * @throws {LOCK_HELD} while others are at work with the tables as they are · {VAULT_UNAVAILABLE} · {WRITE_FAILED}
 */
export async function migrateSchema(
  connection: Connection,
  by: string,
  place: string,
  steps: readonly string[] = STEPS,
): Promise<void> {
  await connection.rows({ text: 'BEGIN' })
  try {
    await connection.rows({ text: "SELECT pg_advisory_xact_lock(hashtextextended('tokenctl/schema', 0))" })
    const before = await schemaVersion(connection)
    refuseNewerSchema(before, place)
    if (before > 0 && before < steps.length) await shutOthersOut(connection, place)
    if (before === 0) await connection.rows({ text: BEGINNING })
    for (const [at, step] of steps.entries()) {
      if (at < before) continue
      await connection.rows({ text: step })
      await connection.rows(
        { text: 'INSERT INTO tokenctl.migration (version, applied_by) VALUES ($1, $2)' },
        [at + 1, by],
      )
    }
    await connection.rows({ text: 'COMMIT' })
  } catch (error) {
    // Where the connection itself is gone the server has rolled it back.
    await connection.rows({ text: 'ROLLBACK' }).catch(() => undefined)
    throw error
  }
}

const BEGINNING = `
CREATE SCHEMA IF NOT EXISTS tokenctl;
CREATE TABLE tokenctl.migration (
  version int PRIMARY KEY,
  applied_by text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);`

/** Nobody may be between presenting a token and storing its answer while the tables change under them. */
async function shutOthersOut(connection: Connection, place: string): Promise<void> {
  const [got] = await connection.rows<{ alone: boolean }>({
    text: `SELECT pg_try_advisory_xact_lock(${GATE}) AS alone`,
  })
  if (got?.alone === true) return
  throw new TokenctlError(
    'LOCK_HELD',
    `The tables at ${place} are to be brought to version ${SCHEMA_VERSION}, and other tokenctl programs are at work with them.`,
    { fix: 'Stop the workers on all machines, run `tokenctl status` once, and start them again.' },
  )
}
