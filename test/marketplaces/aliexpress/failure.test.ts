/** The failure in an answer of AliExpress' gateway, in each of its wrappings. */
import { describe, expect, it } from 'vitest'
import { failureOf, unwrap } from '../../../src/marketplaces/aliexpress/failure.ts'
import type { Answer } from '../../../src/oauth/error-reply.ts'
import { DAY } from '../../../src/tokens/time.ts'

function answer(status: number): Answer {
  return {
    response: { status, headers: {}, body: '' },
    rules: {
      title: 'Shop',
      mediaTypes: [],
      requestIdHeaders: [],
      errors: [{ code: 'known', becomes: 'GRANT_REJECTED', failure: 'permanent', words: 'says no' }],
    },
    now: 0,
    sent: [],
  }
}
const failureIn = (members: Record<string, unknown>, status = 200) =>
  failureOf(answer(status), unwrap(members))

describe('a wrapping', () => {
  it.each<[string, Record<string, unknown>, object]>([
    ['none', { code: '0', request_id: 'r' }, { code: '0', failed: false, requestId: 'r' }],
    ['none, nor a code', { access_token: 'x' }, { code: undefined, failed: false }],
    ['of the business interfaces', { error_response: { code: 'x' } }, { code: 'x', failed: true }],
    ['of the business interfaces, empty', { error_response: {} }, { code: undefined, failed: true }],
    ['that only has its name', { error_response: 'x', code: '0' }, { code: '0', failed: false }],
    ['of the Java client', { gopResponseBody: '{"code":"x"}' }, { code: 'x', failed: true }],
    ['of the Java client, no JSON', { gopResponseBody: '{', gopErrorCode: 'y' }, { code: 'y', failed: true }],
    ['of the Java client, no text', { gopResponseBody: { code: 'x' } }, { code: undefined, failed: false }],
    ['of the Java client, a number', { gopResponseBody: 7, code: '0' }, { code: '0', failed: false }],
  ])('comes off: %s', (_, members, expected) => {
    expect(unwrap(members)).toMatchObject(expected)
  })

  it.each<[unknown, string | undefined, boolean]>([
    ['0', '0', false],
    [0, '0', false],
    [' 0 ', '0', false],
    [' x ', 'x', true],
    [27, '27', true],
    [null, undefined, false],
    [undefined, undefined, false],
    [true, '', true],
    [{}, '', true],
    [['0'], '', true],
  ])('holds the code %j as %j', (given, code, failed) => {
    expect(unwrap({ code: given })).toMatchObject({ code, failed })
  })

  it('has the id of the exchange under one of three names, the best first', () => {
    const ids = { request_id: 'a', gopRequestId: 'b', _trace_id_: 'c' }
    expect(unwrap(ids).requestId).toBe('a')
    expect(unwrap({ ...ids, request_id: undefined }).requestId).toBe('b')
    expect(unwrap({ _trace_id_: 'c' }).requestId).toBe('c')
    expect(unwrap({}).requestId).toBeUndefined()
  })
})

describe('a failure', () => {
  it.each<[string, Record<string, unknown>, number, string | undefined, string | undefined]>([
    ['none under a success', { code: '0' }, 200, undefined, undefined],
    ['none below 400', { code: '0' }, 399, undefined, undefined],
    ['at 400, whatever it says', { code: '0' }, 400, 'CLIENT_REJECTED', 'configuration'],
    ['known', { code: 'known' }, 200, 'GRANT_REJECTED', 'permanent'],
    ['known, of the gateway', { code: 'known', type: 'SYSTEM' }, 200, 'GRANT_REJECTED', 'permanent'],
    ['of the gateway', { code: 'x', type: 'SYSTEM' }, 200, 'MARKETPLACE_DOWN', 'transient'],
    ['behind the gateway', { code: 'x', type: 'ISP' }, 200, 'MARKETPLACE_DOWN', 'transient'],
    ['of ours', { code: 'x', type: 'ISV' }, 200, 'CLIENT_REJECTED', 'configuration'],
    ['of nobody', { code: 'x' }, 200, 'MARKETPLACE_DOWN', 'ambiguous'],
    ['of nobody, below 400', { code: 'x' }, 399, 'MARKETPLACE_DOWN', 'ambiguous'],
    ['of nobody, at 400', { code: 'x' }, 400, 'CLIENT_REJECTED', 'configuration'],
    ['of the gateway, at 400', { code: 'x', type: 'SYSTEM' }, 400, 'MARKETPLACE_DOWN', 'transient'],
  ])('%s', (_, members, status, code, failure) => {
    const error = failureIn(members, status)
    expect([error?.code, error?.failure]).toEqual([code, failure])
  })

  it('of nobody says that its reason is not known, and one of theirs that they are out of order', () => {
    expect(failureIn({ code: 'x' })?.message).toBe(
      'Shop failed for a reason that tokenctl does not know (x, HTTP 200).',
    )
    expect(failureIn({ code: 'x', type: 'ISP' })?.message).toBe('Shop is out of order (x, HTTP 200).')
  })

  it.each<[string, unknown, number | undefined]>([
    ['its message', { message: 'This ban will last 7 seconds' }, 7000],
    ['its message under the other name', { msg: 'this BAN will last 1 second' }, 1000],
    ['the first of the two', { message: 'no ban', msg: 'this ban will last 7 seconds' }, undefined],
    ['a message of a year', { message: 'ban will last 31536000 seconds' }, DAY],
    ['a message of ten digits', { message: 'ban will last 1234567890 seconds' }, undefined],
    ['a message that is no text', { message: ['ban will last 7 seconds'] }, undefined],
    ['no message', {}, undefined],
  ])('takes its wait from %s', (_, more, wait) => {
    const members = { code: 'x', ...(more as Record<string, unknown>) }
    expect(failureIn(members)?.retryAfterMs).toBe(wait)
  })
})
