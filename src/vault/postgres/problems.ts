/**
 * What can go wrong with a database, told apart, since each has another mend. The place and PostgreSQL's own code are named;
 * what the server says in words is not repeated: it may quote a value, its detail a whole row. Only two of its sentences
 * are looked at, for the name of a table of ours and for whether it misses TLS.
 */
import { asTokenctlError, isTokenctlError, systemCode, TokenctlError } from '../../errors.ts'
import { NO_TLS, type Problem, STATES, SYSTEM, SYSTEM_BEGINS, WORDS } from './problem-table.ts'

/**
 * The error for whatever a call to `pg` threw. `place` is the database's, as messages name it; `doing` what was to be done,
 * as it follows `could not`: `read the records`. What is ours already is given back as it is; what neither PostgreSQL nor
 * the network said is a BUG.
 */
export function postgresProblem(error: unknown, place: string, doing: string): TokenctlError {
  if (isTokenctlError(error)) return error
  const problem = problemOf(error)
  if (problem === undefined && !isState(error) && !isOfSystem(error)) return asTokenctlError(error)
  const { says, fix, code = 'VAULT_UNAVAILABLE' } = problem ?? { says: 'could not {doing}', fix: SEE_LOG }
  const what = says.replace('{doing}', doing)
  const parts = [notGranted(error), codeOf(error)].filter(part => part !== undefined)
  const more = parts.length === 0 ? '' : ` (${parts.join(', ')})`
  const missesTls = problem === STATES['28'] && /\bno encryption\b|\bSSL off\b/.test(textOf(error))
  return new TokenctlError(code, `The database ${place} ${what}${more}.`, {
    fix: missesTls ? `${WANTS_TLS} ${fix}` : fix,
    cause: error,
  })
}

const SEE_LOG = 'The log of the server says more about this code.'
const WANTS_TLS = 'It may want TLS: set sslmode to `verify-full` (PGSSLMODE).'

/** Whether the connection is gone with this error, and with it every lock and every transaction on it. */
export function isConnectionGone(error: unknown): boolean {
  const raw = rawOf(error)
  // A server that ends a session says so at this level, whatever the reason.
  return problemOf(raw)?.isCut === true || ['FATAL', 'PANIC'].includes(memberOf(raw, 'severity') ?? '')
}

/** Whether a connection of this kind was refused in a way that the other kind may help against. */
export function isRefusedFor(error: unknown, kind: 'clear' | 'tls'): boolean {
  const raw = rawOf(error)
  return problemOf(raw) === STATES['28'] || (kind === 'tls' && problemOf(raw) === NO_TLS)
}

/** What was thrown, where it was made one of our errors since. */
function rawOf(error: unknown): unknown {
  return isTokenctlError(error) ? error.cause : error
}

function problemOf(error: unknown): Problem | undefined {
  const code = systemCode(error)
  if (code === undefined) return WORDS.find(([pattern]) => pattern.test(textOf(error)))?.[1]
  if (isState(error)) return own(STATES, code) ?? own(STATES, code.slice(0, 2))
  // A peer that hangs up inside the handshake has the code of any reset.
  return own(SYSTEM, code) ?? SYSTEM_BEGINS.find(([pattern]) => pattern.test(code))?.[1]
}

/** PostgreSQL's own errors: five letters and digits, with a severity beside them that no other error has. */
function isState(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(systemCode(error) ?? '') && memberOf(error, 'severity') !== undefined
}

/** Errors of the machine itself; that it has no descriptor left has words of its own elsewhere. */
function isOfSystem(error: unknown): boolean {
  return memberOf(error, 'syscall') !== undefined && !['EMFILE', 'ENFILE'].includes(systemCode(error) ?? '')
}

/** Codes are short words of PostgreSQL's or node's; anything else is not shown. */
function codeOf(error: unknown): string | undefined {
  const code = systemCode(error)
  return code !== undefined && /^[A-Z0-9_]{2,60}$/.test(code) ? code : undefined
}

/** What the user has no right to, where the server names something that cannot be a value: `table record`. */
function notGranted(error: unknown): string | undefined {
  if (systemCode(error) !== '42501') return undefined
  return /^permission denied for ((?:schema|table|sequence|function|database|relation) [a-z_]{1,63})$/.exec(
    textOf(error),
  )?.[1]
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}

function memberOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' ? value : undefined
}

function own(table: Readonly<Record<string, Problem>>, key: string): Problem | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
