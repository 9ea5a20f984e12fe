import { describe, expect, test } from 'vitest'
import { keyProblem, keysFromObject, keysFromPerson } from '../../src/cli/app-keys.ts'
import type { World } from '../../src/cli/world.ts'
import { TokenctlError } from '../../src/errors.ts'
import { findMarketplace } from '../../src/marketplaces/registry.ts'

const ebay = findMarketplace('ebay')
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
    const { world, asked } = person(' shop ', 'PRD-secret\n', '')
    expect(reveal(await keysFromPerson(ebay, world))).toEqual({
      clientId: 'shop',
      clientSecret: 'PRD-secret',
    })
    expect(asked).toEqual([
      'text: App ID (Client ID):',
      'secret: Cert ID (Client Secret):',
      'text: RuName (eBay redirect name) (Enter to leave out):',
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
