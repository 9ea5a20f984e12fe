/** The new secret of an app, held against the keys that are stored. */
import { describe, expect, test } from 'vitest'
import { takeNewSecret, withNewSecret } from '../../../src/cli/keys/new-secret.ts'
import type { TokenctlError } from '../../../src/errors.ts'
import { amazon } from '../../../src/marketplaces/amazon/index.ts'
import type { App } from '../../../src/tokens/app-keys.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { testWorld } from '../../support/world.ts'

const STORED: App = {
  header: {
    marketplace: 'amazon',
    name: 'second',
    environment: 'production',
    secretIssuedAt: null,
    isPublic: true,
    previousEndsAt: 1,
  },
  keys: { clientId: new Secret('amzn1.application-oa2-client.1'), clientSecret: new Secret('canary-stored') },
  previous: {
    clientId: new Secret('amzn1.application-oa2-client.1'),
    clientSecret: new Secret('canary-before'),
  },
}
const { clientId = new Secret('') } = STORED.keys

function refusal(given: string): TokenctlError {
  try {
    withNewSecret(STORED, given, amazon)
  } catch (error) {
    return error as TokenctlError
  }
  return expect.unreachable('it was taken')
}

describe('is taken', () => {
  test.each([
    ['alone', 'canary-new'],
    ['with what pasting adds', '\uFEFF  canary-new \r\n'],
    ['as an object', '{"clientSecret": "canary-new"}'],
    ['as an object with blanks', ' { "clientSecret": " canary-new " }\n'],
    [
      'among the keys of the same app',
      JSON.stringify({ clientId: clientId.reveal(), clientSecret: 'canary-new' }),
    ],
    ['beside keys that are left empty', '{"clientSecret":"canary-new","applicationId":null}'],
  ])('%s', (_, given) => {
    const keys = withNewSecret(STORED, given, amazon)
    expect(Object.keys(keys)).toEqual(['clientId', 'clientSecret'])
    expect(keys['clientSecret']?.reveal()).toBe('canary-new')
    expect(keys['clientId']).toBe(clientId)
  })
})

describe('is refused, and not shown', () => {
  test.each([
    ['nothing', '', 'ANSWER_MISSING', /^No secret was given\.$/],
    ['blanks', ' \n', 'ANSWER_MISSING', /No secret/],
    ['an object without it', '{}', 'ANSWER_MISSING', /No secret/],
    ['the stored one', 'canary-stored', 'USAGE', /is stored already\.$/],
    ['the one before', 'canary-before', 'USAGE', /before the last rotation\.$/],
    ['the client id', clientId.reveal(), 'USAGE', /^This is the app's `clientId`, not its `clientSecret`\.$/],
    ['two lines', 'canary\nnew', 'USAGE', /holds spaces, line breaks/],
    ['too much', `canary${'x'.repeat(5000)}`, 'USAGE', /longer than 4096/],
    ['no JSON', '{"clientSecret": "canary', 'USAGE', /is not JSON/],
    ['a number', '{"clientSecret": 7}', 'USAGE', /`clientSecret` must be a text/],
    ['a nested one', '{"clientSecret": {"canary": 1}}', 'USAGE', /must be a text/],
    [
      'an unknown key',
      '{"clientSecret":"canary-new","secret":"canary"}',
      'USAGE',
      /has a `secret` that is not/,
    ],
    [
      'another client',
      '{"clientSecret":"canary-new","clientId":"canary"}',
      'USAGE',
      /has a `clientId` that is/,
    ],
    ['a prototype', '{"clientSecret":"canary-new","__proto__":{}}', 'USAGE', /has a `…` that is not/],
    ['a secret for a name', '{"canary-long-enough-for-a-secret-1":1}', 'USAGE', /has a `…` that is not/],
  ])('%s', (_, given, code, message) => {
    const error = refusal(given)
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)])
    expect(`${error.message} ${error.fix}`).not.toContain('canary')
  })

  test('says which command does what was wanted, of this app', () => {
    expect(refusal('canary-before').fix).toContain('`tokenctl app set amazon second`')
    expect(refusal('{"clientId":"x"}').fix).toContain('`{"clientSecret": "…"}`')
  })
})

describe('is asked for', () => {
  test('masked, after a word on where it is made', async () => {
    const world = await testWorld({ answers: ['canary-new'] })
    expect(await takeNewSecret({ name: 'second' }, amazon, world)).toBe('canary-new')
    expect(world.asked).toEqual(['New LWA client secret for Amazon app second:'])
    expect(world.terminal.shown.err).toMatch(/^Rotate the secret in Amazon's developer console/)
  })

  test('on standard input, without a word', async () => {
    const world = await testWorld({ stdin: 'canary-new' })
    expect(await takeNewSecret({ name: 'second', stdin: true }, amazon, world)).toBe('canary-new')
    expect(world.terminal.shown).toMatchObject({ out: '', err: '' })
  })
})
