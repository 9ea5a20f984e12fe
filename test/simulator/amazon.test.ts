import { describe, expect, test } from 'vitest'
import { answerAmazon } from '../../src/simulator/amazon.ts'
import { rotationRule } from '../../src/simulator/rotation.ts'
import type { Call } from '../../src/simulator/wire.ts'
import { AMAZON_TOKEN, amazonCall, amazonFields, bodyOf, form, market, NOW } from './calls.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const without = (name: string) =>
  form(Object.fromEntries(Object.entries(amazonFields()).filter(([each]) => each !== name)))

describe('a right refresh', () => {
  test.each([
    ['form', amazonCall()],
    ['JSON', amazonCall({ headers: JSON_TYPE, body: JSON.stringify(amazonFields()) })],
  ])('by %s brings the same refresh token back', (_, call) => {
    const reply = answerAmazon(call, market(), NOW)
    expect(reply).toMatchObject({ status: 200, outcome: 'refreshed', account: 'amazon:main', generation: 1 })
    expect(reply.headers['x-amzn-RequestId']).toMatch(/^[0-9a-f-]{36}$/)
    expect(bodyOf(reply)).toEqual({
      access_token: expect.stringMatching(/^Atza\|[\w-]{300,}$/),
      refresh_token: AMAZON_TOKEN,
      token_type: 'bearer',
      expires_in: 3600,
    })
  })

  test('rotates when it is told to', () => {
    const state = market()
    state.rotation.amazon = rotationRule({ mode: 'strict' })
    const { refresh_token: next } = bodyOf(answerAmazon(amazonCall(), state, NOW))
    expect(next).toMatch(/^Atzr\|/)
    expect(next).not.toBe(AMAZON_TOKEN)
    expect(answerAmazon(amazonCall(), state, NOW)).toMatchObject({ status: 400, detail: 'spent token' })
  })
})

describe('refusals', () => {
  const cases: [string, Call, number, string, string | null][] = [
    ['GET', amazonCall({ method: 'GET' }), 405, 'invalid_request', 'not a POST'],
    [
      'a query',
      amazonCall({ query: 'client_secret=x' }),
      400,
      'invalid_request',
      'parameters in the address',
    ],
    [
      'plain text',
      amazonCall({ headers: { 'content-type': 'text/plain' } }),
      400,
      'invalid_request',
      'wrong content type',
    ],
    ['broken JSON', amazonCall({ headers: JSON_TYPE }), 400, 'invalid_request', 'the body is not JSON'],
    ...['grant_type', 'client_id', 'client_secret', 'refresh_token'].map((name): (typeof cases)[number] => [
      `no ${name}`,
      amazonCall({ body: without(name) }),
      400,
      'invalid_request',
      `no ${name}`,
    ]),
    [
      'other grant_type',
      amazonCall({ body: form({ ...amazonFields(), grant_type: 'password' }) }),
      400,
      'unsupported_grant_type',
      null,
    ],
    [
      'unknown client',
      amazonCall({ body: form({ ...amazonFields(), client_id: 'who' }) }),
      401,
      'invalid_client',
      'unknown client',
    ],
    [
      'wrong secret',
      amazonCall({ body: form({ ...amazonFields(), client_secret: 'no' }) }),
      401,
      'invalid_client',
      'wrong secret',
    ],
    [
      'unknown token',
      amazonCall({ body: form(amazonFields('Atzr|no')) }),
      400,
      'invalid_grant',
      'unknown token',
    ],
    [
      'an ended consent',
      amazonCall({ body: form(amazonFields('amazon-ended')) }),
      400,
      'invalid_grant',
      'consent ended',
    ],
  ]
  test.each(cases)('%s', (_, call, status, error, detail) => {
    const reply = answerAmazon(call, market(), NOW)
    expect(reply).toMatchObject({ status, outcome: error, detail })
    expect(bodyOf(reply)).toEqual({
      error,
      error_description: expect.any(String),
      request_id: reply.headers['x-amzn-RequestId'],
    })
  })

  test('in the words that Amazon was seen to use', () => {
    const refused = answerAmazon(amazonCall({ body: form(amazonFields('Atzr|no')) }), market(), NOW)
    expect(bodyOf(refused)['error_description']).toBe(
      "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission.",
    )
    const code = { ...amazonFields(), grant_type: 'authorization_code', code: 'no' }
    const wrongCode = answerAmazon(amazonCall({ body: form(code) }), market(), NOW)
    expect(bodyOf(wrongCode)['error_description']).toMatch(/ : code$/)
  })
})

test('a code is exchanged once, within five minutes', () => {
  const state = market()
  const account = state.accounts.get('amazon:main')
  if (account === undefined) throw new Error('no account')
  const redeem = (code: string, now: number) => {
    const values = { ...amazonFields(), grant_type: 'authorization_code', code, redirect_uri: 'https://x' }
    return answerAmazon(amazonCall({ body: form(values) }), state, now)
  }
  const { code } = state.codeFor(account, NOW)
  expect(bodyOf(redeem(code, NOW + 299_999))).toMatchObject({ refresh_token: account.consent.current })
  expect(redeem(code, NOW + 299_999)).toMatchObject({ status: 400, detail: 'code used twice' })
  expect(redeem(state.codeFor(account, NOW).code, NOW + 300_000)).toMatchObject({ detail: 'code expired' })
})
