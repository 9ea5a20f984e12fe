/**
 * Every failure that tokenctl can name, in one table: the code that programs match on, the exit status that
 * cron sees, and the mend that a person reads when the place that failed knows no better one.
 * Rooms throw codes. A command makes its exit status of theirs (`gravest` in `cli/exit.ts`), and `cli/main.ts` of what
 * ends a command; only `cli` knows screens. A message never holds token text (I2).
 */

/** Exit statuses, for scripts. 0 is success and 130 a person's own stop; both have no code but CANCELLED. */
export type ExitStatus = 1 | 2 | 3 | 4 | 5 | 130

interface CodeFacts {
  readonly exit: ExitStatus
  /** The mend for a person, a whole sentence. Used when the error brings none of its own. */
  readonly fix: string
}

/** Stable names. Adding one is a minor change, renaming one a major. */
export const ERROR_CODES = {
  BUG: { exit: 1, fix: 'This is a fault in tokenctl. Please report it with the lines above.' },
  USAGE: { exit: 2, fix: 'See `tokenctl --help`.' },
  MARKETPLACE_UNKNOWN: { exit: 2, fix: 'The marketplaces are: ebay, amazon, aliexpress.' },
  ACCOUNT_UNKNOWN: { exit: 2, fix: '`tokenctl accounts list` shows the accounts there are.' },
  ANSWER_MISSING: { exit: 2, fix: 'Run it at a terminal, or give the answer by the option named above.' },
  SETTINGS_INVALID: {
    exit: 2,
    fix: '`tokenctl config list` shows what holds; `tokenctl config unset <key>` goes back to the default.',
  },
  ENVIRONMENT_MISMATCH: {
    exit: 2,
    fix: 'Go back with `tokenctl config unset endpoint.<marketplace>` (or `environment.<marketplace>`), or use an account made in this environment.',
  },
  STORE_IN_USE: {
    exit: 2,
    fix: 'Set the store back to the one that holds the records (`tokenctl config set store keychain`, or `file`), or move them: `tokenctl migrate --to file`, or `keychain`.',
  },
  GRANT_REJECTED: { exit: 3, fix: 'The seller must consent again.' },
  ANSWER_LOST: { exit: 3, fix: 'The seller must consent again.' },
  CONSENT_DENIED: { exit: 3, fix: 'Run the login again; on the consent page the seller has to agree.' },
  SELLER_MISMATCH: {
    exit: 3,
    fix: "Run the login again and sign in as the shop's own seller. Only where the account shall belong to the other seller from now on: add `--replace-seller`.",
  },
  REFRESH_EXPIRED: { exit: 3, fix: 'The seller must consent again.' },
  CLIENT_REJECTED: { exit: 3, fix: 'Check the app keys: `tokenctl app set <marketplace>`.' },
  CLOCK_WRONG: {
    exit: 3,
    fix: 'Set the clock of this machine (for instance by `timedatectl set-ntp true`).',
  },
  DELIVERY_FAILED: {
    exit: 3,
    fix: 'Mend the receiver, or set the delivery up anew (`tokenctl accounts deliver-to --help`); then `tokenctl deliver` hands it over.',
  },
  SCHEDULER_FAILED: {
    exit: 3,
    fix: 'Choose another scheduler by `--using`, or have `tokenctl renew --all --due` run daily by what this machine has.',
  },
  NOT_LOGGED_IN: {
    exit: 3,
    fix: 'Connect the account: `tokenctl login ebay` or `aliexpress`, and for Amazon `tokenctl set-amazon`.',
  },
  NETWORK_FAILED: { exit: 4, fix: 'Check the connection and the proxy; the next run tries again.' },
  RATE_LIMITED: { exit: 4, fix: 'Wait; the next run tries again.' },
  MARKETPLACE_DOWN: { exit: 4, fix: 'Wait; the next run tries again.' },
  REPLY_MALFORMED: {
    exit: 4,
    fix: 'Something between here and the marketplace may be answering; the next run tries again.',
  },
  LOCK_HELD: { exit: 4, fix: 'Another tokenctl is at work on it; the next run tries again.' },
  DELIVERY_PENDING: {
    exit: 4,
    fix: 'The next run tries again; `tokenctl deliver` tries it now.',
  },
  NOTICE_FAILED: { exit: 4, fix: 'The next run tries again; `tokenctl notices list` names the channels.' },
  PROGRAM_REPLACED: {
    exit: 4,
    fix: 'Run it again; what was answered until then is stored. If it says the same again, install tokenctl anew.',
  },
  HOOK_FAILED: { exit: 4, fix: 'Mend the program; `tokenctl hooks list` shows which there are.' },
  VAULT_UNAVAILABLE: {
    exit: 5,
    fix: 'Where nothing is stored yet, `tokenctl config set store file` chooses the encrypted folder; else the store that holds the records has to answer again.',
  },
  VAULT_LOCKED: { exit: 5, fix: 'Unlock the keychain and run it again.' },
  RECORD_UNREADABLE: { exit: 5, fix: 'Nothing was changed. Restore the file or the key that belongs to it.' },
  WRITE_FAILED: { exit: 5, fix: 'Free space on the disk, or mend the permissions, and run it again.' },
  CANCELLED: { exit: 130, fix: 'Nothing was changed.' },
} as const satisfies Record<string, CodeFacts>

export type ErrorCode = keyof typeof ERROR_CODES

/** The code, where this version has it: a note or record that another version wrote may name one of its own. */
export function knownCode(code: string | null | undefined): ErrorCode | undefined {
  return code != null && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : undefined
}

/**
 * What a failed exchange says about the token that was sent.
 *
 * - `permanent`: the vendor refused the grant; only a new consent helps
 * - `configuration`: app keys, app rights or the clock are wrong; the token is not harmed
 * - `transient`: not spent, and the same request may succeed later
 * - `ambiguous`: the request may have been carried out and the answer lost
 */
export type FailureClass = 'permanent' | 'configuration' | 'transient' | 'ambiguous'

export interface TokenctlErrorOptions {
  /** The account it happened to, as typed: `ebay:main`. */
  readonly account?: string
  /** A better mend than the code's own, one or more whole sentences. */
  readonly fix?: string
  readonly failure?: FailureClass
  /** How long the vendor asked to be left alone, from its answer. */
  readonly retryAfterMs?: number
  /** The vendor's own id of the exchange, for its support. */
  readonly requestId?: string
  readonly cause?: unknown
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** The one class that tokenctl throws on purpose. `cause` is kept off listings, so printing one spills nothing. */
export class TokenctlError extends Error {
  override readonly name = 'TokenctlError'
  readonly code: ErrorCode
  readonly account: string | undefined
  readonly fix: string
  readonly failure: FailureClass | undefined
  readonly retryAfterMs: number | undefined
  readonly requestId: string | undefined

  constructor(code: ErrorCode, message: string, options: TokenctlErrorOptions = {}) {
    super(message)
    this.code = code
    this.account = options.account
    this.fix = options.fix ?? ERROR_CODES[code].fix
    this.failure = options.failure
    this.retryAfterMs = options.retryAfterMs
    this.requestId = options.requestId
    if (options.cause !== undefined)
      Object.defineProperty(this, 'cause', { value: options.cause, enumerable: false })
  }

  get exit(): ExitStatus {
    return ERROR_CODES[this.code].exit
  }

  /** The stack alone: Node's inspector shows even a hidden `cause`, and its text may quote what a vendor sent. */
  [INSPECT](): string {
    return this.stack ?? `${this.name}: ${this.message}`
  }
}

/** A question to a person was taken back by its `signal`. No failure: whoever took it back catches this. */
export class QuestionWithdrawn extends Error {
  override readonly name = 'QuestionWithdrawn'

  constructor() {
    super('The question was taken back.')
  }
}

/** Whether a value is one of ours; anything else that is thrown is a BUG. */
export function isTokenctlError(value: unknown): value is TokenctlError {
  return value instanceof TokenctlError
}

/**
 * The error to report for whatever was thrown. What was not thrown on purpose is our BUG: its own message may quote
 * what was being read, a token included, so only its kind is told, and the rest stays in `cause`.
 */
export function asTokenctlError(thrown: unknown): TokenctlError {
  if (isTokenctlError(thrown)) return thrown
  if (systemCode(thrown) === 'EMFILE' || systemCode(thrown) === 'ENFILE') return noDescriptorLeft(thrown)
  if (isPartGone(thrown))
    return new TokenctlError(
      'PROGRAM_REPLACED',
      'A part of tokenctl is gone: it was replaced or removed while it ran.',
      { cause: thrown },
    )
  const kind = thrown instanceof Error && /^\w{1,40}$/.test(thrown.name) ? thrown.name : typeof thrown
  return new TokenctlError('BUG', `Something went wrong that should not have (${kind}).`, { cause: thrown })
}

/** Without a descriptor not even a part of the program itself can be loaded, wherever it was needed first. */
function noDescriptorLeft(cause: unknown): TokenctlError {
  return new TokenctlError('VAULT_UNAVAILABLE', 'Too many files are open to go on.', {
    fix: 'Raise the limit (`ulimit -n`), or close some programs, and run it again.',
    cause,
  })
}

/** A file of the program, as code asks for it: a chunk bears its hash; packages that are not in a chunk go by their names. */
const OWN_PART = /(-[\w-]{8}|[\\/]shared[\\/][\w-]+)\.c?js$|^(fs-native-extensions|@napi-rs\/keyring)$/
/** The same by its whole path. */
const OWN_FILE = /[\\/]dist[\\/](chunks|library|shared)[\\/][\w-]+\.c?js$/

/**
 * Whether a part of the program could not be loaded when it was first needed, as while a package manager replaces it: the
 * file is gone, goes as it is read, or is there in part.
 */
function isPartGone(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  const code = systemCode(thrown)
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
    return OWN_PART.test(/^Cannot find (?:module|package) '([^'\n]+)'/.exec(thrown.message)?.[1] ?? '')
  if (code === 'ENOENT') return 'path' in thrown && OWN_FILE.test(String(thrown.path))
  return thrown instanceof SyntaxError && OWN_FILE.test(/^(.+):\d+\n/.exec(thrown.stack ?? '')?.[1] ?? '')
}

/** The operating system's own code of an error (`ENOENT`, `ECONNREFUSED`, …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
