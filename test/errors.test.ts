import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  asTokenctlError,
  ERROR_CODES,
  type ErrorCode,
  isTokenctlError,
  systemCode,
  TokenctlError,
} from '../src/errors.ts'

const CODES = Object.keys(ERROR_CODES) as ErrorCode[]

/** What a script that watches the exit status relies on; a change here is a change of contract. */
const EXITS: Readonly<Record<number, readonly string[]>> = {
  1: ['BUG'],
  2: [
    'USAGE',
    'MARKETPLACE_UNKNOWN',
    'ACCOUNT_UNKNOWN',
    'ANSWER_MISSING',
    'SETTINGS_INVALID',
    'ENVIRONMENT_MISMATCH',
    'STORE_IN_USE',
  ],
  3: [
    'GRANT_REJECTED',
    'ANSWER_LOST',
    'CONSENT_DENIED',
    'SELLER_MISMATCH',
    'REFRESH_EXPIRED',
    'CLIENT_REJECTED',
    'CLOCK_WRONG',
    'NOT_LOGGED_IN',
    'SCHEDULER_FAILED',
    'DELIVERY_FAILED',
  ],
  4: [
    'NETWORK_FAILED',
    'RATE_LIMITED',
    'MARKETPLACE_DOWN',
    'REPLY_MALFORMED',
    'LOCK_HELD',
    'DELIVERY_PENDING',
    'NOTICE_FAILED',
    'HOOK_FAILED',
    'PROGRAM_REPLACED',
  ],
  5: ['VAULT_UNAVAILABLE', 'VAULT_LOCKED', 'RECORD_UNREADABLE', 'WRITE_FAILED'],
  130: ['CANCELLED'],
}

describe('the table of codes', () => {
  test.each(Object.entries(EXITS))('exit %s has its codes, and no others', (exit, codes) => {
    expect(CODES.filter(code => ERROR_CODES[code].exit === Number(exit)).sort()).toEqual([...codes].sort())
  })

  test('every code has an exit that scripts know', () => {
    expect(CODES.sort()).toEqual(Object.values(EXITS).flat().sort())
  })

  test.each(CODES)('%s has a mend, a whole sentence', code => {
    expect(ERROR_CODES[code].fix).toMatch(/^[A-Z`].*\.$/)
    expect(new TokenctlError(code, 'It happened.').exit).toBe(ERROR_CODES[code].exit)
  })
})

describe('TokenctlError', () => {
  test("has its code's mend, or a better one", () => {
    expect(new TokenctlError('USAGE', 'm').fix).toBe(ERROR_CODES.USAGE.fix)
    expect(new TokenctlError('USAGE', 'm', { fix: 'Do this.' }).fix).toBe('Do this.')
  })

  test('carries what the exchange said', () => {
    const error = new TokenctlError('RATE_LIMITED', 'm', {
      account: 'ebay:main',
      failure: 'transient',
      retryAfterMs: 3000,
      requestId: 'r-1',
    })
    expect(error).toMatchObject({
      account: 'ebay:main',
      failure: 'transient',
      retryAfterMs: 3000,
      requestId: 'r-1',
    })
    expect(error).toMatchObject({ name: 'TokenctlError', message: 'm', code: 'RATE_LIMITED' })
  })

  test('without a cause has none', () => {
    expect('cause' in new TokenctlError('BUG', 'm')).toBe(false)
  })

  const cause = new Error('CANARY-from-a-vendor', { cause: 'CANARY-deeper' })
  const error = new TokenctlError('BUG', 'm', { cause })

  test('hands its cause to whoever asks for it', () => {
    expect(error.cause).toBe(cause)
  })

  test.each([
    ['the inspector', () => inspect(error, { depth: null, showHidden: true })],
    ['the inspector, from inside something', () => inspect({ deep: [error] }, { depth: null })],
    ['JSON', () => JSON.stringify(error)],
    ['spread', () => JSON.stringify({ ...error })],
    ['its string', () => String(error)],
    ['its stack', () => String(error.stack)],
    ['its keys', () => Object.keys(error).join()],
  ])('its cause is not shown by %s', (_, show) => {
    expect(show()).not.toContain('CANARY')
    expect(show()).not.toContain('cause')
  })

  test('the inspector shows the stack', () => {
    expect(inspect(error)).toContain('TokenctlError: m\n    at ')
  })
})

describe('telling errors apart', () => {
  test.each([
    [new TokenctlError('BUG', 'm'), true],
    [new Error('m'), false],
    [{ name: 'TokenctlError', code: 'BUG' }, false],
    [undefined, false],
    [null, false],
    ['BUG', false],
  ])('%s is ours: %s', (value, ours) => {
    expect(isTokenctlError(value)).toBe(ours)
  })

  test.each([
    [Object.assign(new Error('m'), { code: 'ENOENT' }), 'ENOENT'],
    [{ code: 'EACCES' }, 'EACCES'],
    [{ code: 7 }, undefined],
    [new Error('m'), undefined],
    [null, undefined],
    ['ENOENT', undefined],
    [undefined, undefined],
  ])('the system code of %s is %s', (value, code) => {
    expect(systemCode(value)).toBe(code)
  })
})

describe('asTokenctlError', () => {
  test('leaves ours as it is', () => {
    const error = new TokenctlError('USAGE', 'm')
    expect(asTokenctlError(error)).toBe(error)
  })

  test.each([
    [new TypeError('canary'), 'TypeError'],
    [Object.assign(new Error('m'), { name: 'canary v^1.1#i^1' }), 'object'],
    ['canary', 'string'],
    [undefined, 'undefined'],
  ])('tells the kind alone of what is not ours: %o', (thrown, kind) => {
    const error = asTokenctlError(thrown)
    expect(error).toMatchObject({
      code: 'BUG',
      message: `Something went wrong that should not have (${kind}).`,
    })
    expect(error.cause).toBe(thrown)
  })

  test.each(['EMFILE', 'ENFILE'])('knows that no descriptor is left (%s)', code => {
    const thrown = Object.assign(new Error('canary'), { code })
    const error = asTokenctlError(thrown)
    expect(error).toMatchObject({ code: 'VAULT_UNAVAILABLE', message: 'Too many files are open to go on.' })
    expect(error.cause).toBe(thrown)
  })

  const missing = (what: string, code = 'MODULE_NOT_FOUND') =>
    Object.assign(new Error(`Cannot find ${what}\nRequire stack:\n- /opt/tokenctl/dist/main.cjs`), { code })
  const half = (path: string) =>
    Object.assign(new SyntaxError('canary'), { stack: `${path}:1\nconst half = \n\nSyntaxError: canary` })

  test.each([
    missing("module './chunks/wire-DvgukOD1.cjs'"),
    missing("module '../shared/undici.cjs'"),
    missing("module 'fs-native-extensions'"),
    missing(
      "module '/opt/t/dist/library/http-CXKyHFgK.js' imported from /opt/t/x.js",
      'ERR_MODULE_NOT_FOUND',
    ),
    Object.assign(new Error('canary'), { code: 'ENOENT', path: '/opt/t/dist/chunks/wire-DvgukOD1.cjs' }),
    half('/opt/t/dist/chunks/wire-DvgukOD1.cjs'),
    half('C:\\t\\dist\\shared\\undici.cjs'),
  ])('knows that the program was replaced: %o', thrown => {
    const error = asTokenctlError(thrown)
    expect(error).toMatchObject({ code: 'PROGRAM_REPLACED', exit: 4, cause: thrown })
    expect(error.message).toMatch(/^A part of tokenctl is gone: it was replaced or removed while it ran\.$/)
  })

  test.each([
    missing("module './their-own.js'"),
    missing("package 'left-pad'", 'ERR_MODULE_NOT_FOUND'),
    Object.assign(new Error('canary'), { code: 'ENOENT', path: '/home/a/dist/vault.key' }),
    new SyntaxError('Unexpected end of JSON input'),
    half('/home/a/their-own.cjs'),
  ])('and that something else is missing: %o', thrown => {
    expect(asTokenctlError(thrown).code).toBe('BUG')
  })
})
