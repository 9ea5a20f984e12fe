import { describe, expect, test } from 'vitest'
import {
  aliexpressErrorResponse,
  aliexpressSignature,
  answerAliexpress,
} from '../../src/simulator/aliexpress.ts'
import { rotationRule } from '../../src/simulator/rotation.ts'
import type { Call } from '../../src/simulator/wire.ts'
import {
  ALIEXPRESS_TOKEN,
  aliexpressCall,
  aliexpressFields,
  bodyOf,
  form,
  market,
  NOW,
  sign,
} from './calls.ts'

describe('the signature', () => {
  const common = { app_key: '12345678', sign_method: 'sha256', timestamp: '1517820392000' }
  const order = { access_token: 'test', app_key: '123456', order_id: '1234' }
  test.each([
    [
      'V1',
      '/auth/token/create',
      { ...common, code: '3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26' },
      '35607762342831B6A417A0DED84B79C05FEFBF116969C48AD6DC00279A9F4D81',
    ],
    [
      'V2',
      '/order/get',
      { ...common, ...order },
      '4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A',
    ],
    [
      'V4',
      '/auth/token/refresh',
      { ...common, refresh_token: 'test' },
      'FBB5D59082177F7C0DDFDA699073748FBAD24509C1B226FEE65EBD13C6BEC245',
    ],
  ])('%s', (_, path, values, expected) => {
    expect(
      aliexpressSignature(path, new Map(Object.entries({ ...values, sign: 'left out' })), 'helloworld'),
    ).toBe(expected)
  })

  test('sorts by bytes', () => {
    const values = { a_b: '1', aB: '2', a1: '3', ab: '4' }
    expect(aliexpressSignature('/x', new Map(Object.entries(values)), 'helloworld')).toBe(sign('/x', values))
  })
})

const FIELDS = {
  refresh_token_valid_time: String(NOW + 40 * 86_400_000),
  expire_time: String(NOW + 2_592_000_000),
  locale: 'en_US',
  user_nick: expect.any(String),
  access_token: expect.stringMatching(/^5000[A-Za-z0-9]{56}$/),
  refresh_token: expect.stringMatching(/^5000[A-Za-z0-9]{56}$/),
  user_id: expect.stringMatching(/^\d+$/),
  account_platform: 'seller_center',
  refresh_expires_in: String(40 * 86_400),
  expires_in: '2592000',
  sp: 'ae',
  seller_id: expect.stringMatching(/^\d+$/),
  code: '0',
  request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  _trace_id_: expect.stringMatching(/^[0-9a-f]{32}$/),
}
const MORE = { havana_id: expect.any(String), account: expect.stringContaining('@example.com') }

describe('a right refresh', () => {
  test.each([
    ['POST', aliexpressCall(), { ...FIELDS, ...MORE }],
    [
      'GET',
      aliexpressCall({ method: 'GET', query: form(aliexpressFields()), body: '', headers: {} }),
      { ...FIELDS, ...MORE },
    ],
    ['POST of the security interface', aliexpressCall({ path: '/rest/auth/token/security/refresh' }), FIELDS],
  ])('by %s brings a new pair, numbers as texts', (_, call, expected) => {
    const reply = answerAliexpress(call, market(), NOW)
    expect(reply).toMatchObject({
      status: 200,
      outcome: 'refreshed',
      account: 'aliexpress:main',
      generation: 2,
    })
    expect(bodyOf(reply)).toEqual(expected)
  })

  test('takes the common parameters from the address, as the vendor’s own client sends them', () => {
    const { refresh_token, ...common } = aliexpressFields()
    const call = aliexpressCall({ query: form(common), body: form({ refresh_token: refresh_token ?? '' }) })
    expect(bodyOf(answerAliexpress(call, market(), NOW))['code']).toBe('0')
  })

  test('never extends the consent', () => {
    const state = market()
    const later = NOW + 10 * 86_400_000
    const first = bodyOf(answerAliexpress(aliexpressCall(), state, NOW))
    const values = aliexpressFields({
      refresh_token: String(first['refresh_token']),
      timestamp: String(later),
    })
    const second = bodyOf(answerAliexpress(aliexpressCall({ body: form(values) }), state, later))
    expect(second['refresh_expires_in']).toBe(String(30 * 86_400))
    expect(second['refresh_token_valid_time']).toBe(first['refresh_token_valid_time'])
    expect(second['refresh_token']).not.toBe(first['refresh_token'])
  })

  test('keeps the token under the rotation none', () => {
    const state = market()
    state.rotation.aliexpress = rotationRule({ mode: 'none' })
    expect(bodyOf(answerAliexpress(aliexpressCall(), state, NOW))['refresh_token']).toBe(ALIEXPRESS_TOKEN)
  })
})

describe('refusals', () => {
  const fields = (over: Record<string, string>) => aliexpressCall({ body: form(aliexpressFields(over)) })
  const without = (name: string) =>
    aliexpressCall({
      body: form(Object.fromEntries(Object.entries(aliexpressFields()).filter(([each]) => each !== name))),
    })
  const at = (ms: number) => fields({ timestamp: String(NOW + ms) })
  const values = {
    app_key: '500102',
    timestamp: String(NOW),
    sign_method: 'sha256',
    refresh_token: ALIEXPRESS_TOKEN,
  }
  const cases: [string, Call, string, string | null][] = [
    ['DELETE', aliexpressCall({ method: 'DELETE' }), 'MissingParameter', 'neither POST nor GET'],
    [
      'JSON',
      aliexpressCall({ headers: { 'content-type': 'application/json' } }),
      'MissingParameter',
      'wrong content type',
    ],
    [
      'a token in the address of a POST',
      aliexpressCall({ query: form(aliexpressFields()), body: '' }),
      'MissingParameter',
      'a secret in the address',
    ],
    [
      'a parameter twice',
      aliexpressCall({ query: 'app_key=500102' }),
      'MissingParameter',
      'a parameter in address and body',
    ],
    ...['app_key', 'timestamp', 'sign_method', 'sign', 'refresh_token'].map(
      (name): (typeof cases)[number] => [`no ${name}`, without(name), 'MissingParameter', `no ${name}`],
    ),
    ['unknown app key', fields({ app_key: '1' }), 'InvalidAppkey', 'unknown app key'],
    ['7200 s early', at(-7_200_000), 'IllegalTimestamp', null],
    ['7200 s late', at(7_200_000), 'IllegalTimestamp', null],
    ['seconds', fields({ timestamp: String(NOW / 1000) }), 'IllegalTimestamp', null],
    ['a date', fields({ timestamp: '2026-11-22 10:00:00' }), 'IllegalTimestamp', null],
    ['md5', fields({ sign_method: 'md5' }), 'IncompleteSignature', 'sign_method is not sha256'],
    [
      'small letters',
      fields({ sign: sign('/auth/token/refresh', values).toLowerCase() }),
      'IncompleteSignature',
      'wrong signature',
    ],
    [
      'no path in the signature',
      fields({ sign: sign('', values) }),
      'IncompleteSignature',
      'wrong signature',
    ],
    [
      'the path with /rest',
      fields({ sign: sign('/rest/auth/token/refresh', values) }),
      'IncompleteSignature',
      'wrong signature',
    ],
    [
      'another secret',
      fields({ sign: sign('/auth/token/refresh', values, 'no') }),
      'IncompleteSignature',
      'wrong signature',
    ],
    [
      "the other interface's path",
      aliexpressCall({ path: '/rest/auth/token/security/refresh', body: form(aliexpressFields()) }),
      'IncompleteSignature',
      'wrong signature',
    ],
    ['unknown token', fields({ refresh_token: '5000no' }), 'IllegalRefreshToken', 'unknown token'],
    ['an ended consent', fields({ refresh_token: 'ali-ended' }), 'IllegalRefreshToken', 'consent ended'],
  ]
  test.each(cases)('%s', (_, call, code, detail) => {
    const reply = answerAliexpress(call, market(), NOW)
    expect(reply).toMatchObject({ status: 200, outcome: code, detail })
    expect(bodyOf(reply)).toEqual({
      type: 'ISV',
      code,
      message: expect.any(String),
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  test.each([-7_199_999, 7_199_999])('a clock that is %d ms off is taken', ms => {
    expect(answerAliexpress(at(ms), market(), NOW).outcome).toBe('refreshed')
  })

  test('a spent token is refused, and its successor taken', () => {
    const state = market()
    const next = String(bodyOf(answerAliexpress(aliexpressCall(), state, NOW))['refresh_token'])
    expect(answerAliexpress(aliexpressCall(), state, NOW)).toMatchObject({
      outcome: 'IllegalRefreshToken',
      detail: 'spent token',
      generation: 1,
    })
    expect(answerAliexpress(fields({ refresh_token: next }), state, NOW).outcome).toBe('refreshed')
  })

  test('the shape of a business interface has its error in error_response', () => {
    expect(bodyOf(aliexpressErrorResponse('ServiceUnavailable'))).toEqual({
      error_response: {
        type: 'SYSTEM',
        code: 'ServiceUnavailable',
        msg: expect.any(String),
        request_id: expect.any(String),
        _trace_id_: expect.any(String),
      },
    })
  })
})

test('a code is exchanged once, within three minutes, without uuid', () => {
  const state = market()
  const account = state.accounts.get('aliexpress:main')
  if (account === undefined) throw new Error('no account')
  const path = '/rest/auth/token/create'
  const redeem = (values: Record<string, string>, now = NOW) =>
    answerAliexpress(
      aliexpressCall({
        path,
        body: form(aliexpressFields({ timestamp: String(now), ...values }, path.slice(5))),
      }),
      state,
      now,
    )
  const { code } = state.codeFor(account, NOW)
  expect(code).toMatch(/^3_500102_\w{25}$/)
  expect(redeem({ code, uuid: 'x' })).toMatchObject({ outcome: 'InvalidCode', detail: 'uuid was sent' })
  expect(bodyOf(redeem({ code }))).toMatchObject({ code: '0', refresh_token: account.consent.current })
  expect(redeem({ code })).toMatchObject({ outcome: 'InvalidCode', detail: 'code used twice' })
  const late = state.codeFor(account, NOW).code
  expect(redeem({ code: late }, NOW + 180_000)).toMatchObject({ detail: 'code expired' })
})
