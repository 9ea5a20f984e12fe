/** What a database can have, told apart: by what it said, never in its words. */
import { describe, expect, it } from 'vitest'
import { type ErrorCode, TokenctlError } from '../../../src/errors.ts'
import { isConnectionGone, isRefusedFor, postgresProblem } from '../../../src/vault/postgres/problems.ts'

const PLACE = 'db.example:5432/tokenctl'
const CANARY = 'CNRY'

/** As `pg` throws what the server said; every member that may hold a value holds one that must not be seen. */
function said(code: string, message = `${CANARY} message`, severity = 'ERROR'): Error {
  const values = {
    detail: `Key (key)=(${CANARY})`,
    hint: CANARY,
    where: CANARY,
    internalQuery: CANARY,
    table: CANARY,
  }
  return Object.assign(new Error(message), { code, severity, ...values })
}

const system = (code: string, message = `connect ${code} ${CANARY}`) =>
  Object.assign(new Error(message), { code, syscall: 'connect' })

const ROWS: readonly (readonly [error: Error, code: ErrorCode, says: RegExp, isGone: boolean])[] = [
  [system('ECONNREFUSED'), 'VAULT_UNAVAILABLE', /refused the connection \(ECONNREFUSED\)/, false],
  [system('ENOENT'), 'VAULT_UNAVAILABLE', /has no socket there/, false],
  [system('EACCES'), 'VAULT_UNAVAILABLE', /a socket that this user may not use/, false],
  [system('ENOTFOUND'), 'VAULT_UNAVAILABLE', /does not resolve/, false],
  [system('EAI_AGAIN'), 'VAULT_UNAVAILABLE', /does not resolve/, false],
  [system('ETIMEDOUT'), 'VAULT_UNAVAILABLE', /did not answer in time/, true],
  [system('EHOSTUNREACH'), 'VAULT_UNAVAILABLE', /cannot be reached/, false],
  [system('ECONNRESET'), 'VAULT_UNAVAILABLE', /cut the connection/, true],
  [system('EPIPE'), 'VAULT_UNAVAILABLE', /cut the connection/, true],
  [system('EWHATEVER'), 'VAULT_UNAVAILABLE', /could not read the records \(EWHATEVER\)/, false],
  [system('SELF_SIGNED_CERT_IN_CHAIN'), 'VAULT_UNAVAILABLE', /no authority known here/, false],
  [system('DEPTH_ZERO_SELF_SIGNED_CERT'), 'VAULT_UNAVAILABLE', /no authority known here/, false],
  [system('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'VAULT_UNAVAILABLE', /no authority known here/, false],
  [system('CERT_HAS_EXPIRED'), 'VAULT_UNAVAILABLE', /not valid today/, false],
  [system('ERR_TLS_CERT_ALTNAME_INVALID'), 'VAULT_UNAVAILABLE', /belongs to another name/, false],
  [system('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), 'VAULT_UNAVAILABLE', /ended the TLS handshake/, false],
  [new Error('timeout expired'), 'VAULT_UNAVAILABLE', /did not answer in time/, true],
  [new Error('Query read timeout'), 'VAULT_UNAVAILABLE', /did not answer in time/, true],
  [new Error('Connection terminated unexpectedly'), 'VAULT_UNAVAILABLE', /cut the connection\.$/, true],
  [new Error('Connection terminated'), 'VAULT_UNAVAILABLE', /cut the connection/, true],
  [
    new Error('Client has encountered a connection error and is not queryable'),
    'VAULT_UNAVAILABLE',
    /cut/,
    true,
  ],
  [new Error('Client was closed and is not queryable'), 'VAULT_UNAVAILABLE', /cut/, true],
  [new Error('The server does not support SSL connections'), 'VAULT_UNAVAILABLE', /offers no TLS/, false],
  [
    new Error('There was an error establishing an SSL connection'),
    'VAULT_UNAVAILABLE',
    /asked for TLS/,
    false,
  ],
  [new Error(`SASL: SCRAM-SERVER-FINAL-MESSAGE: ${CANARY}`), 'VAULT_UNAVAILABLE', /did not prove/, false],
  [
    new Error('SASL: Only mechanism(s) SCRAM-SHA-256 are supported'),
    'VAULT_UNAVAILABLE',
    /authentication/,
    false,
  ],
  [said('08006'), 'VAULT_UNAVAILABLE', /cut the connection \(08006\)/, true],
  [said('08P01'), 'VAULT_UNAVAILABLE', /refused how it was spoken to/, false],
  [said('25006'), 'WRITE_FAILED', /a read-only replica/, false],
  [said('25P03', undefined, 'FATAL'), 'VAULT_UNAVAILABLE', /cut the connection/, true],
  [said('26000'), 'VAULT_UNAVAILABLE', /lost a prepared statement/, false],
  [said('28000', undefined, 'FATAL'), 'VAULT_UNAVAILABLE', /does not let this user in \(28000\)/, true],
  [said('28P01', undefined, 'FATAL'), 'VAULT_UNAVAILABLE', /refused the password/, true],
  [said('3D000', undefined, 'FATAL'), 'VAULT_UNAVAILABLE', /is not there/, true],
  [said('3F000'), 'VAULT_UNAVAILABLE', /is not tokenctl's/, false],
  [said('40001'), 'LOCK_HELD', /undid what was to be written/, false],
  [said('40P01'), 'LOCK_HELD', /undid what was to be written/, false],
  [said('40003'), 'VAULT_UNAVAILABLE', /cut the connection/, true],
  [said('42501'), 'VAULT_UNAVAILABLE', /does not let this user read the records \(42501\)/, false],
  [
    said('42501', 'permission denied for table record'),
    'VAULT_UNAVAILABLE',
    /does not let this user read the records \(table record, 42501\)/,
    false,
  ],
  [said('42501', `permission denied for table "${CANARY}"`), 'VAULT_UNAVAILABLE', /records \(42501\)/, false],
  [said('42703'), 'VAULT_UNAVAILABLE', /is not tokenctl's/, false],
  [said('42P01'), 'VAULT_UNAVAILABLE', /is not tokenctl's/, false],
  [said('42P05'), 'VAULT_UNAVAILABLE', /prepared statement/, false],
  [said('53100'), 'WRITE_FAILED', /has a full disk/, false],
  [said('53200'), 'VAULT_UNAVAILABLE', /has run out of memory/, false],
  [said('53300', undefined, 'FATAL'), 'VAULT_UNAVAILABLE', /no connection left/, true],
  [said('55P03'), 'LOCK_HELD', /did not give a lock in time/, false],
  [said('57014'), 'VAULT_UNAVAILABLE', /took too long to read the records/, false],
  [said('57P01', undefined, 'FATAL'), 'VAULT_UNAVAILABLE', /cut the connection: it is shutting down/, true],
  [said('57P02', undefined, 'FATAL'), 'VAULT_UNAVAILABLE', /one of its processes crashed/, true],
  [said('57P03', undefined, 'FATAL'), 'VAULT_UNAVAILABLE', /is starting up/, true],
  [said('58030'), 'VAULT_UNAVAILABLE', /error of its disk/, false],
  [said('XX001'), 'VAULT_UNAVAILABLE', /is damaged/, false],
  [said('23505'), 'VAULT_UNAVAILABLE', /could not read the records \(23505\)/, false],
  [
    said('22P02', `invalid input syntax: "${CANARY}"`),
    'VAULT_UNAVAILABLE',
    /could not read the records \(22P02\)/,
    false,
  ],
]

describe('a problem', () => {
  it.each(
    ROWS.map(
      ([error, ...rest]) => [`${Reflect.get(error, 'code') ?? error.message}`, error, ...rest] as const,
    ),
  )('%s', (_, error, code, says, isGone) => {
    const problem = postgresProblem(error, PLACE, 'read the records')
    expect(problem.code).toBe(code)
    expect(problem.message).toMatch(says)
    expect(problem.message).toContain(PLACE)
    expect(problem.fix).toMatch(/\.$/)
    expect(`${problem.message} ${problem.fix}`).not.toContain(CANARY)
    expect(isConnectionGone(error)).toBe(isGone)
    expect(isConnectionGone(problem)).toBe(isGone)
  })

  it('with TLS is what a server misses that says so', () => {
    const missing = 'no pg_hba.conf entry for host "192.0.2.7", user "u", database "d", no encryption'
    expect(postgresProblem(said('28000', missing), PLACE, 'connect').fix).toMatch(/^It may want TLS/)
    expect(postgresProblem(said('28000', 'role "u" does not exist'), PLACE, 'connect').fix).not.toMatch(/TLS/)
  })

  it('of ours stays what it is', () => {
    const ours = new TokenctlError('VAULT_LOCKED', 'x')
    expect(postgresProblem(ours, PLACE, 'connect')).toBe(ours)
  })

  it.each([
    ['a fault of ours', new TypeError(CANARY)],
    ['a fault of ours with a code', Object.assign(new TypeError(CANARY), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['no error', CANARY],
  ])('that is %s is a BUG', (_, thrown) => {
    const problem = postgresProblem(thrown, PLACE, 'connect')
    expect(problem.code).toBe('BUG')
    expect(problem.message).not.toContain(CANARY)
  })

  it('of a machine without a descriptor left is told as everywhere', () => {
    expect(postgresProblem(system('EMFILE'), PLACE, 'connect').message).toMatch(/^Too many files are open/)
  })

  it('of a peer that answers to a name only in part is that of its parts', () => {
    const parts = new AggregateError([system('ECONNREFUSED'), system('ECONNREFUSED')])
    expect(postgresProblem(Object.assign(parts, { code: 'ECONNREFUSED' }), PLACE, 'connect').message).toMatch(
      /refused the connection/,
    )
  })
})

it('is a case for the other kind of connection where the server cannot, or wants, TLS', () => {
  const noTls = new Error('The server does not support SSL connections')
  expect(isRefusedFor(noTls, 'tls')).toBe(true)
  expect(isRefusedFor(noTls, 'clear')).toBe(false)
  for (const kind of ['tls', 'clear'] as const) {
    expect(isRefusedFor(said('28000'), kind)).toBe(true)
    expect(isRefusedFor(said('28P01'), kind)).toBe(false)
    expect(isRefusedFor(system('ECONNREFUSED'), kind)).toBe(false)
    expect(isRefusedFor(system('CERT_HAS_EXPIRED'), kind)).toBe(false)
  }
})
