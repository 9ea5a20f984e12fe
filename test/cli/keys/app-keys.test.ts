import { describe, expect, test } from 'vitest'
import { fieldProblem, keyProblem, keysFromObject, keysFromPerson } from '../../../src/cli/keys/app-keys.ts'
import type { World } from '../../../src/cli/world.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { findMarketplace } from '../../../src/marketplaces/registry.ts'

const ebay = findMarketplace('ebay')
const SCOPE = 'https://api.ebay.com/oauth/api_scope'
const reveal = (keys: ReturnType<typeof keysFromObject>) =>
  Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key.reveal()]))

describe('keys from an object', () => {
  test.each<[string, object, object]>([
    [
      'all of them',
      { clientId: 'a', clientSecret: 'b', ruName: 'c' },
      { clientId: 'a', clientSecret: 'b', ruName: 'c' },
    ],
    [
      'without the one that is optional',
      { clientId: 'a', clientSecret: 'b' },
      { clientId: 'a', clientSecret: 'b' },
    ],
    ['with it empty', { clientId: 'a', clientSecret: 'b', ruName: '' }, { clientId: 'a', clientSecret: 'b' }],
    [
      'with it null',
      { clientId: 'a', clientSecret: 'b', ruName: null },
      { clientId: 'a', clientSecret: 'b' },
    ],
    [
      'with the spaces that copying adds',
      { clientId: ' a\n', clientSecret: '\tb ' },
      { clientId: 'a', clientSecret: 'b' },
    ],
    [
      'with a list that has commas, line breaks and too many spaces',
      { clientId: 'a', clientSecret: 'b', scopes: ` ${SCOPE}/x,${SCOPE}/y ,\n  ${SCOPE}/z,` },
      { clientId: 'a', clientSecret: 'b', scopes: `${SCOPE}/x ${SCOPE}/y ${SCOPE}/z` },
    ],
    [
      'with a redirect address, letter by letter',
      { clientId: 'a', clientSecret: 'b', redirectUri: 'HTTPS://Shop.example/back?x=1 ' },
      { clientId: 'a', clientSecret: 'b', redirectUri: 'HTTPS://Shop.example/back?x=1' },
    ],
  ])('%s', (_, given, keys) => {
    expect(reveal(keysFromObject(given, ebay, 'keys'))).toEqual(keys)
  })

  test.each<[string, unknown, RegExp]>([
    ['no object', 'canary', /^keys must be a JSON object\.$/],
    ['a list', ['canary'], /^keys must be a JSON object\.$/],
    ['null', null, /^keys must be a JSON object\.$/],
    ['one is missing', { clientId: 'canary' }, /^keys lacks `clientSecret`\.$/],
    [
      'one is unknown',
      { clientId: 'canary', certId: 'canary' },
      /^keys has a key `certId` that eBay does not know\.$/,
    ],
    [
      'a value in a name’s place',
      { 'canary|#secret': 'x' },
      /^keys has a key `…` that eBay does not know\.$/,
    ],
    ['a number', { clientId: 1, clientSecret: 'canary' }, /^keys: `clientId` must be a text\.$/],
    ['a space inside', { clientId: 'can ary', clientSecret: 'b' }, /^keys: `clientId` holds spaces/],
    [
      'a document',
      { clientId: 'a', clientSecret: 'canary'.repeat(1000) },
      /^keys: `clientSecret` is longer than 4096 characters\.$/,
    ],
    [
      'a list of something else',
      { clientId: 'a', clientSecret: 'b', scopes: `${SCOPE} canary` },
      /^keys: `scopes` holds something that is no scope of eBay/,
    ],
    [
      'a list that is longer than a key may be',
      { clientId: 'a', clientSecret: 'b', scopes: `${SCOPE}/canary `.repeat(100) },
      /^keys: `scopes` is longer than 4096 characters\.$/,
    ],
    [
      'no address',
      { clientId: 'a', clientSecret: 'b', redirectUri: 'canary.example/back' },
      /^keys: `redirectUri` is no address that begins with https:\/\/\.$/,
    ],
    ['the inherited', Object.create({ clientId: 'a', clientSecret: 'b' }), /^keys lacks `clientId`\.$/],
  ])('%s', (_, given, says) => {
    const attempt = () => keysFromObject(given, ebay, 'keys')
    expect(attempt).toThrow(TokenctlError)
    expect(attempt).toThrow(says)
    expect(attempt).not.toThrow(/canary|can ary/)
  })
})

describe('keys from a person', () => {
  /** A person who gives these answers, and what was asked of them how. */
  function person(...answers: string[]) {
    const asked: string[] = []
    const answer = (kind: string) => async (question: string) => {
      asked.push(`${kind}: ${question}`)
      return answers.shift() ?? ''
    }
    const world = {
      prompt: async () => ({ secret: answer('secret'), text: answer('text') }),
    } as unknown as World
    return { world, asked }
  }

  test('secrets are asked for without being shown, names in the open, and the optional may be left out', async () => {
    const { world, asked } = person(' shop ', 'PRD-secret\n', '', '', `${SCOPE}/x, ${SCOPE}/y`)
    expect(reveal(await keysFromPerson(ebay, world))).toEqual({
      clientId: 'shop',
      clientSecret: 'PRD-secret',
      scopes: `${SCOPE}/x ${SCOPE}/y`,
    })
    expect(asked).toEqual([
      'text: App ID (Client ID):',
      'secret: Cert ID (Client Secret):',
      'text: RuName (eBay redirect name) (Enter to leave out):',
      "text: The RuName's auth accepted URL, if it is on this machine (http://127.0.0.1:…) (Enter to leave out):",
      'text: Scopes, if others are needed than for inventory and orders (Enter to leave out):',
    ])
  })
})

test.each([
  ['', 'is empty'],
  ['  ', 'is empty'],
  ['a b', 'holds spaces, line breaks or characters that no key has'],
  ['schlüssel', 'holds spaces, line breaks or characters that no key has'],
  ['a\u001b[31mb', 'holds spaces, line breaks or characters that no key has'],
  ['x'.repeat(4097), 'is longer than 4096 characters'],
  ['PRD-1', undefined],
  [' PRD-1\n', undefined],
])('keyProblem(%j): %s', (text, problem) => {
  expect(keyProblem(text)).toBe(problem)
})

test.each([
  ['ebay', 'scopes', ' , ', 'is empty'],
  ['ebay', 'scopes', `${SCOPE} ${SCOPE}/sell.inventory`, undefined],
  ['ebay', 'scopes', 'https://api.ebay.com/oauth/scope/sell.edelivery', undefined],
  ['ebay', 'scopes', 'sell.inventory', 'holds something that is no scope of eBay ('],
  ['ebay', 'scopes', `${SCOPE}/é`, 'holds spaces, line breaks'],
  ['ebay', 'clientId', 'two words', 'holds spaces, line breaks'],
  ['amazon', 'applicationId', 'amzn1.sp.solution.0123', undefined],
  ['amazon', 'applicationId', 'amzn1.sellerapps.app.0bf296b5-36a6', undefined],
  ['amazon', 'applicationId', 'amzn1.application-oa2-client.0123', 'is the LWA client identifier; '],
])('a field has a check of its own: %s %s %j: %s', (id, key, text, problem) => {
  const field = findMarketplace(id).appFields.find(one => one.key === key)
  if (field === undefined) throw new Error('no such field')
  const found = fieldProblem(text, field)
  expect(problem === undefined ? found : found?.slice(0, problem.length)).toBe(problem)
})
