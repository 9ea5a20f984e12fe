/** `token`: what is printed where, and nothing else. The refresh itself is tested in renewal/live-token and in the journeys. */
import { describe, expect, test } from 'vitest'
import { type TokenOptions, tokenRun } from '../../../src/cli/commands/token.ts'
import { tokenSchema } from '../../../src/cli/shapes/token-shape.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR, MINUTE } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorldOptions, testWorld } from '../../support/world.ts'
import { screen } from '../render/screen.ts'

function account(name: string, given: Partial<AccountHeader> = {}) {
  return tokenSet(
    {
      account: name,
      consentAt: NOW - 9 * DAY,
      renewedAt: NOW - DAY,
      acceptedAt: NOW - HOUR,
      accessExpiresAt: NOW + HOUR,
      ...given,
    },
    { accessToken: new Secret(`access-of-${name}`), refreshToken: new Secret('REFRESH') },
  )
}

const ACCOUNTS = [account('ebay:main'), account('ebay:outlet'), account('amazon:eu')]

async function run(options: TokenOptions, given: TestWorldOptions = {}) {
  const world = await testWorld({ accounts: ACCOUNTS, ...given })
  const ended = await tokenRun(options, world).then(
    status => ({ status }),
    ({ code, message, fix }) => ({ code, message, fix }),
  )
  expect(world.noted).toEqual([])
  return { ...ended, ...world.terminal.shown }
}

describe('what is printed', () => {
  test.each([
    ['ebay:outlet', 'access-of-ebay:outlet'],
    ['amazon', 'access-of-amazon:eu'],
  ])('of %s: the token, a newline and nothing else', async (word, token) => {
    expect(await run({ account: word })).toEqual({ status: 0, out: `${token}\n`, err: '' })
  })

  test('with --json, one document', async () => {
    const shown = await run({ account: 'amazon', json: true, minValid: '10m' })
    expect(shown).toMatchObject({ status: 0, err: '' })
    const { out } = shown
    expect(tokenSchema.parse(JSON.parse(out))).toEqual({
      version: 1,
      account: 'amazon:eu',
      token: 'access-of-amazon:eu',
      type: 'bearer',
      expiresAt: '2026-11-22T11:00:00Z',
    })
  })

  test.each<Partial<TokenOptions>>([{}, { json: true }])('on a terminal nothing (%j)', async more => {
    const at = { terminal: screen(80) }
    const refused = await run({ account: 'ebay:main', ...more }, at)
    expect(refused).toMatchObject({ code: 'USAGE', out: '', err: '' })
    expect(refused).toMatchObject({ fix: expect.stringContaining('`--reveal`') })
    const shown = await run({ account: 'ebay:main', reveal: true, ...more }, { terminal: screen(80) })
    expect(shown).toMatchObject({ status: 0, out: expect.stringContaining('access-of-ebay:main') })
  })

  test('what was typed in place of an account is not shown where it could be a token', async () => {
    const secret = `v^1.1#i^1#${'s'.repeat(40)}`
    for (const terminal of [screen(80), screen('pipe')])
      expect(JSON.stringify(await run({ account: secret }, { terminal }))).not.toContain('sss')
  })
})

describe('no token', () => {
  test.each<[string, TokenOptions, string]>([
    ['several are meant', { account: 'ebay' }, 'USAGE'],
    ['nothing is connected', { account: 'aliexpress' }, 'NOT_LOGGED_IN'],
    ['no such account', { account: 'ebay:mian' }, 'ACCOUNT_UNKNOWN'],
    ['no such marketplace', { account: 'nix' }, 'MARKETPLACE_UNKNOWN'],
    ['no length', { account: 'amazon', minValid: 'soon' }, 'USAGE'],
    ['a negative length', { account: 'amazon', minValid: '-1h' }, 'USAGE'],
    ['longer than any lives', { account: 'amazon', minValid: '3h' }, 'USAGE'],
  ])('%s', async (_, options, code) => {
    expect(await run(options)).toMatchObject({ code, out: '', err: '' })
  })

  test.each(['1s', '0', '90s'])('%s is no length: minutes are the smallest', async minValid => {
    expect(await run({ account: 'amazon', minValid })).toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('minutes are the smallest'),
    })
  })

  test('a dead account', async () => {
    const refused = { code: 'GRANT_REJECTED', at: NOW - DAY } as const
    const dead = await run({ account: 'ebay' }, { accounts: [account('ebay:main', { refused })] })
    expect(dead).toMatchObject({ code: 'GRANT_REJECTED', out: '', err: '' })
    expect(dead).toMatchObject({ fix: expect.stringContaining('`tokenctl login ebay:main`') })
  })

  test('a stop that came first', async () => {
    expect(await run({ account: 'amazon' }, { signal: AbortSignal.abort() })).toMatchObject({
      code: 'CANCELLED',
      message: 'Stopped before a token was printed.',
      out: '',
    })
  })
})

test.each([
  ['10m', 10 * MINUTE],
  ['59 minutes', 59 * MINUTE],
  ['0m', 1],
])('--min-valid %s is enough where it ends in %i ms', async (minValid, left) => {
  const accounts = [account('amazon:eu', { accessExpiresAt: NOW + left })]
  expect(await run({ account: 'amazon', minValid }, { accounts })).toMatchObject({ status: 0 })
})
