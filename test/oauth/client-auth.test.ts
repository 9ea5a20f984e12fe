import { describe, expect, it } from 'vitest'
import { basicAuth, secretInBody } from '../../src/oauth/client-auth.ts'
import { Secret } from '../../src/tokens/secret.ts'

const PARTS = { headers: { accept: 'application/json' }, fields: [['grant_type', 'refresh_token']] } as const

describe('the Basic header', () => {
  it.each([
    // RFC 6749 section 2.3.1's own example.
    ['s6BhdRkqt3', '7Fjfp0ZBr1KtDRbnfVdmIw', 'Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3'],
    // As eBay makes them: encoded or not, the same bytes.
    ['Name-App-PRD-1a2b', 'PRD-3c4d', `Basic ${btoa('Name-App-PRD-1a2b:PRD-3c4d')}`],
    // A colon, a blank and a plus must not be mistaken for the joint or for one another.
    ['a:b', 'c d+e/ü', `Basic ${btoa('a%3Ab:c+d%2Be%2F%C3%BC')}`],
  ])('of %s', (id, secret, expected) => {
    const { headers, fields } = basicAuth(new Secret(id), new Secret(secret))(PARTS)
    expect(headers).toEqual({ accept: 'application/json', authorization: expected })
    expect(fields).toEqual(PARTS.fields)
  })
})

describe('the secret in the body', () => {
  it('comes after what is there, and touches no header', () => {
    const { headers, fields } = secretInBody(new Secret('id'), new Secret('secret'))(PARTS)
    expect(headers).toEqual(PARTS.headers)
    expect(fields).toEqual([
      ['grant_type', 'refresh_token'],
      ['client_id', 'id'],
      ['client_secret', 'secret'],
    ])
  })
})
