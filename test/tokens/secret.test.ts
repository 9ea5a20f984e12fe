import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { tokenSet } from '../support/accounts.ts'

const TEXT = 'Atzr|IwEBIA-canary-0123456789'
const secret = new Secret(TEXT)
const SHOWN = secret.toString()

function consoleOutput(...values: unknown[]): string {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  const console = new Console(stream, stream)
  console.log(...values)
  console.dir(values[0], { showHidden: true, depth: null })
  console.table(values)
  console.error(new Error('with a cause', { cause: values[0] }))
  return text
}

describe('a secret', () => {
  test('gives its text only to reveal', () => {
    expect(secret.reveal()).toBe(TEXT)
  })

  test('is shown by 8 hex digits of its SHA-256', () => {
    expect(new Secret('hello').toString()).toBe('[secret 2cf24dba]')
    expect(new Secret('').toString()).toBe('[secret e3b0c442]')
  })

  const ways: Readonly<Record<string, () => string>> = {
    'a template string': () => `${secret}`,
    concatenation: () => `token: ${String(secret)}${secret as unknown as string}`,
    'a default value': () => String([secret.valueOf()]),
    join: () => [secret, secret].join(),
    toLocaleString: () => secret.toLocaleString(),
    JSON: () => JSON.stringify({ deep: [{ secret }] }),
    'util.inspect': () => inspect({ deep: { secret } }, { depth: null, showHidden: true }),
    'util.inspect without custom inspectors': () =>
      inspect(secret, { customInspect: false, showHidden: true, getters: true }),
    'util.format': () => format('%s %o %O %j', secret, secret, secret, secret),
    console: () => consoleOutput(secret, { secret }),
    'spread into an object': () => JSON.stringify({ ...secret }) + inspect({ ...secret }),
    'Object.entries': () => JSON.stringify(Object.entries(secret)),
    'Object.getOwnPropertyNames': () => JSON.stringify(Object.getOwnPropertyNames(secret)),
    'Reflect.ownKeys': () => inspect(Reflect.ownKeys(secret)),
    structuredClone: () => inspect(structuredClone(secret), { showHidden: true }),
    'v8.serialize': () => serialize(secret).toString('latin1'),
    'for in': () => {
      const keys: string[] = []
      for (const key in secret) keys.push(key)
      return keys.join()
    },
    'an error with it inside': () =>
      inspect(new TokenctlError('BUG', `about ${secret}`, { cause: { secret } })),
    'a whole record': () =>
      JSON.stringify(tokenSet({}, { refreshToken: secret, pending: secret, accessToken: secret })),
    'an assertion message': () => {
      try {
        expect(secret).toEqual({ other: true })
      } catch (error) {
        return String(error)
      }
      throw new Error('the assertion must fail')
    },
  }

  test.each(Object.entries(ways))('is not shown by %s', (_, show) => {
    const shown = show()
    for (const form of [
      TEXT,
      'canary',
      encodeURIComponent(TEXT),
      btoa(TEXT),
      Buffer.from(TEXT).toString('hex'),
    ]) {
      expect(shown).not.toContain(form)
    }
  })

  test.each(['a template string', 'JSON', 'util.inspect', 'util.format', 'console'] as const)(
    'is named by %s',
    way => {
      expect(ways[way]?.()).toContain(SHOWN)
    },
  )

  test('equals another with the same text, and no other', () => {
    expect(secret.equals(new Secret(TEXT))).toBe(true)
    expect(secret.equals(new Secret(`${TEXT} `))).toBe(false)
    expect(new Secret('\u00e1').equals(new Secret('a\u0301'))).toBe(false)
  })
})
