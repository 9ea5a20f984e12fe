/** From bytes to a JSON object, or REPLY_MALFORMED in words that quote nothing. */
import { describe, expect, it } from 'vitest'
import { isTokenctlError } from '../../src/errors.ts'
import type { Answer } from '../../src/oauth/error-reply.ts'
import { isJsonObject, parseJsonObject, readJsonObject } from '../../src/oauth/json-reply.ts'

function answer(contentType: string | undefined, body: string): Answer {
  return {
    response: {
      status: 200,
      headers: contentType === undefined ? {} : { 'content-type': contentType },
      body,
    },
    rules: { title: 'Shop', mediaTypes: ['application/json'], requestIdHeaders: [], errors: [] },
    now: 0,
    sent: [],
  }
}

describe('a media type', () => {
  it.each([
    'application/json',
    'application/json;charset=utf-8',
    'application/json ; a=b; c=d',
    ' Application/JSON',
  ])('is JSON: %j', type => {
    expect(readJsonObject(answer(type, '{"a":1}'))).toEqual({ a: 1 })
  })

  it.each([undefined, '', ';', 'text/html', 'application/jsonp', 'text/plain; application/json'])(
    'is something else: %j',
    type => {
      expect(() => readJsonObject(answer(type, '{"a":1}'))).toThrow(
        'Shop answered with something else than JSON (HTTP 200).',
      )
    },
  )
})

describe('a text', () => {
  it.each<[string, string, object | undefined]>([
    ['an object', '{"a":{"b":[1]}}', { a: { b: [1] } }],
    ['an empty object', '{}', {}],
    ['behind a byte order mark', '\ufeff{"a":1}', { a: 1 }],
    ['behind two of them', '\ufeff\ufeff{"a":1}', undefined],
    ['with such a mark inside', '{"a":"\ufeff"}', { a: '\ufeff' }],
    ['a member twice: the last one counts', '{"a":1,"a":2}', { a: 2 }],
    ['a list', '[{}]', undefined],
    ['null', 'null', undefined],
    ['text', '"a"', undefined],
    ['a number', '1', undefined],
    ['nothing', '', undefined],
    ['cut short', '{"a":1', undefined],
  ])('%s', (_, text, expected) => {
    expect(parseJsonObject(text)).toEqual(expected)
    const read = () => readJsonObject(answer('application/json', text))
    if (expected !== undefined) return expect(read()).toEqual(expected)
    expect(read).toThrow('Shop sent an answer that is no JSON object (HTTP 200).')
  })

  it('is never quoted', () => {
    try {
      readJsonObject(answer('application/json', '{"token":"CANARY'))
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      expect(error.message + error.fix + String(error.cause)).not.toContain('CANARY')
      expect(error).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
      return
    }
    throw new Error('nothing was thrown')
  })
})

it.each<[unknown, boolean]>([
  [{}, true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [() => ({}), false],
])('%j is an object: %s', (value, expected) => {
  expect(isJsonObject(value)).toBe(expected)
})
