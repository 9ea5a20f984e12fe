/**
 * What a database or the way to it can have, in words, each with its mend: by PostgreSQL's SQLSTATE, by node's codes, and by
 * the words of `pg` where it has nothing else. Pure tables; `problems.ts` looks things up in them.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html (checked 2026-11-23)
 */
import type { ErrorCode } from '../../errors.ts'

/** One thing that can be wrong. */
export interface Problem {
  /** Follows the place. `{doing}` stands for what was to be done. */
  readonly says: string
  readonly fix: string
  /** Default VAULT_UNAVAILABLE. */
  readonly code?: ErrorCode
  /** Whether the connection is gone with it. */
  readonly isCut?: true
}

/** What says where the database is. */
export const WHERE =
  'Where it is comes from the setting `postgres-url-file` or `postgres-service`, else from PGHOST, PGPORT and PGDATABASE.'
const NOTHING_HALF = 'What was being written is there whole or not at all; the next run tries again.'
const TRY_AGAIN = 'The next run tries again.'

/** The server cannot encrypt. */
export const NO_TLS: Problem = {
  says: 'offers no TLS',
  fix: 'Turn it on there (`ssl = on`). Only where nobody can listen on the way: set sslmode to `disable` (PGSSLMODE).',
}
const UNTRUSTED: Problem = {
  says: 'showed a certificate that no authority known here vouches for',
  fix: "Name its authority's certificate in sslrootcert (PGSSLROOTCERT). If it was fine before, someone may be posing as the database: don't go on.",
}
const OTHER_NAME: Problem = {
  says: 'showed a certificate that belongs to another name',
  fix: 'Name the database as its certificate does, or set sslmode to `verify-ca` with the authority of your own that issued it.',
}
const OUT_OF_DATE: Problem = {
  says: 'showed a certificate that is not valid today',
  fix: 'Check the date of this machine; else the certificate of the server has to be renewed.',
}
const HANDSHAKE: Problem = {
  says: 'ended the TLS handshake',
  fix: 'See whether it wants a certificate of yours (sslcert and sslkey) or other TLS versions; its log says which.',
}
const CUT: Problem = { says: 'cut the connection', fix: NOTHING_HALF, isCut: true }
const UNKNOWN_NAME: Problem = {
  says: 'has a host name that does not resolve',
  fix: `Check the name and the DNS. ${WHERE}`,
}
const NO_ROUTE: Problem = {
  says: 'cannot be reached from here',
  fix: `Check the network and the firewall. ${WHERE}`,
}
const LATE: Problem = {
  says: 'did not answer in time',
  fix: `See whether it is overloaded, or a firewall drops what is sent there. ${WHERE}`,
  isCut: true,
}

/** By node's own codes. */
export const SYSTEM: Readonly<Record<string, Problem>> = {
  ECONNREFUSED: {
    says: 'refused the connection',
    fix: `See whether the server runs there and listens on that address. ${WHERE}`,
  },
  ENOENT: {
    says: 'has no socket there',
    fix: `See whether the server runs on this machine and where it keeps its socket; PGHOST names the folder, or a host. ${WHERE}`,
  },
  EACCES: {
    says: 'has a socket that this user may not use',
    fix: 'See the modes of the socket and of the folders above it.',
  },
  ENOTFOUND: UNKNOWN_NAME,
  EAI_AGAIN: UNKNOWN_NAME,
  ETIMEDOUT: LATE,
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ENETDOWN: NO_ROUTE,
  EADDRNOTAVAIL: NO_ROUTE,
  ECONNRESET: CUT,
  ECONNABORTED: CUT,
  EPIPE: CUT,
  CERT_HAS_EXPIRED: OUT_OF_DATE,
  CERT_NOT_YET_VALID: OUT_OF_DATE,
  ERR_TLS_CERT_ALTNAME_INVALID: OTHER_NAME,
  EPROTO: HANDSHAKE,
}

/** By node's own codes again, all that begin so. */
export const SYSTEM_BEGINS: readonly (readonly [RegExp, Problem])[] = [
  [/^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA$|INVALID_PURPOSE$)/, UNTRUSTED],
  [/^ERR_(SSL|TLS)_/, HANDSHAKE],
]

/** Where `pg` 8.23 has only words, its own. */
export const WORDS: readonly (readonly [RegExp, Problem])[] = [
  [/^The server does not support SSL connections$/, NO_TLS],
  [
    /^There was an error establishing an SSL connection$/,
    {
      ...NO_TLS,
      says: 'did not answer as PostgreSQL does when it was asked for TLS',
      fix: `${WHERE} ${NO_TLS.fix}`,
    },
  ],
  [
    /^(timeout expired$|timeout exceeded when|Query read timeout$|Connection terminated due to connection timeout)/,
    LATE,
  ],
  [
    /^Connection terminated|^Client (has encountered a connection error|was closed)|socket disconnected before secure/,
    CUT,
  ],
  [
    /^SASL: (SCRAM-SERVER-FINAL-MESSAGE|Last message was)/,
    {
      says: 'did not prove that it knows the password',
      fix: "Someone may be posing as the database: don't go on before you know where it is.",
    },
  ],
  [
    /^SASL: |^Unknown authenticationOk message/,
    {
      says: 'wants an authentication that tokenctl does not have',
      fix: 'Let pg_hba.conf ask this user for `scram-sha-256`, or for a certificate (`cert`).',
    },
  ],
]

/** What lets a user do what a renewal does. */
export const GRANT =
  'Let the owner of the tables grant it: `GRANT USAGE ON SCHEMA tokenctl` and `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tokenctl`, each `TO` the user; for the first start, and after an update, `GRANT CREATE ON DATABASE`, or run `tokenctl status` once as their owner.'
const NOT_OURS: Problem = {
  says: "is not tokenctl's, or of another version: a table, a column or the schema is missing",
  fix: `See whether it is the right database. ${WHERE}`,
}
const POOLER: Problem = {
  says: 'lost a prepared statement',
  fix: 'A pooler between that changes the connection under us does that: let it pool sessions (pgbouncer: `pool_mode = session`).',
}
const STARTING: Problem = { says: 'is starting up or shutting down', fix: TRY_AGAIN, isCut: true }
/** Two transactions got into each other's way. */
const CLASH: Problem = {
  says: 'undid what was to be written, since others wrote at the same time',
  fix: TRY_AGAIN,
  code: 'LOCK_HELD',
}
const DAMAGED: Problem = {
  says: 'reports that what it keeps is damaged',
  fix: 'Nothing more should be written there. Ask whoever looks after the database, and see its log.',
}

/** By SQLSTATE: whole, or its class of two. */
export const STATES: Readonly<Record<string, Problem>> = {
  '08': CUT,
  '08P01': {
    says: 'refused how it was spoken to',
    fix: 'A pooler between may not take what is set (PGOPTIONS), or not know the database or the user; its log says which.',
  },
  '25006': {
    says: 'takes no writing: it is a read-only replica, or was set so',
    fix: `Name the server that takes writes. ${WHERE}`,
    code: 'WRITE_FAILED',
  },
  '25P03': CUT,
  '26': POOLER,
  '28': {
    says: 'does not let this user in',
    fix: 'See its pg_hba.conf: a line has to let this user, from this machine, into this database; and whether the user is there (`CREATE ROLE … LOGIN`).',
  },
  '28P01': {
    says: 'refused the password',
    fix: 'Check the user and the password: those in the address or the service, else PGUSER with PGPASSWORD or the password file.',
  },
  '3D000': { says: 'is not there', fix: `Make it (\`createdb\`), or correct its name. ${WHERE}` },
  '3F000': NOT_OURS,
  '40': CLASH,
  '40003': CUT,
  '42501': { says: 'does not let this user {doing}', fix: GRANT },
  '42703': NOT_OURS,
  '42883': NOT_OURS,
  '42P01': NOT_OURS,
  '42P05': POOLER,
  '53': { says: 'has run out of memory or of another resource', fix: `Look after the server. ${TRY_AGAIN}` },
  '53100': {
    says: 'has a full disk',
    fix: 'Free space on the disk of the server, and run it again.',
    code: 'WRITE_FAILED',
  },
  '53300': {
    says: 'has no connection left to give',
    fix: 'Raise its max_connections, run fewer workers, or put a pooler before it (pgbouncer, `pool_mode = session`).',
  },
  '55P03': { says: 'did not give a lock in time', fix: TRY_AGAIN, code: 'LOCK_HELD' },
  '57014': { says: 'took too long to {doing}', fix: `See whether it is overloaded. ${TRY_AGAIN}` },
  '57P01': { ...CUT, says: 'cut the connection: it is shutting down, or somebody ended it there' },
  '57P02': { ...CUT, says: 'cut the connection: one of its processes crashed' },
  '57P03': STARTING,
  '57P04': { says: 'was removed', fix: WHERE, isCut: true },
  '57P05': CUT,
  '58': {
    says: 'reports an error of its disk or files',
    fix: 'Look after the server before the next run; its log says which.',
  },
  XX001: DAMAGED,
  XX002: DAMAGED,
}
