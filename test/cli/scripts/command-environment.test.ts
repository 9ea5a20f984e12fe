import { expect, test } from 'vitest'
import { commandEnvironment } from '../../../src/cli/scripts/command-environment.ts'

const AT = Date.UTC(2026, 10, 22, 10)
const variable = { name: 'EBAY_ACCESS_TOKEN', token: 'new', expiresAt: AT }
const TOKEN = { EBAY_ACCESS_TOKEN: 'new', EBAY_ACCESS_TOKEN_EXPIRES_AT: '2026-11-22T10:00:00Z' }

test('what is there goes through, with the tokens; nothing of ours does', () => {
  const env = {
    PATH: '/bin',
    HTTPS_PROXY: 'http://proxy',
    GONE: undefined,
    EMPTY: '',
    TOKENCTL_HOME: '/h',
    TOKENCTL_KEY_FILE: '/k',
    TOKENCTL_EVENT: 'after',
    tokenctl_x: '1',
    MY_TOKENCTL_HOME: 'mine',
  }
  expect(commandEnvironment(env, [variable], () => false)).toEqual({
    PATH: '/bin',
    HTTPS_PROXY: 'http://proxy',
    EMPTY: '',
    MY_TOKENCTL_HOME: 'mine',
    ...TOKEN,
  })
})

test('an older token under the same name is replaced, and one that would stand for another goes', () => {
  const env = { EBAY_ACCESS_TOKEN: 'old', AMAZON_ACCESS_TOKEN: 'old', SHOP: 'old' }
  const stale = (name: string) => name.startsWith('EBAY_')
  expect(commandEnvironment(env, [variable], stale)).toEqual({
    ...TOKEN,
    AMAZON_ACCESS_TOKEN: 'old',
    SHOP: 'old',
  })
  expect(commandEnvironment(env, [{ ...variable, name: 'SHOP' }], stale)).toEqual({
    AMAZON_ACCESS_TOKEN: 'old',
    SHOP: 'new',
    SHOP_EXPIRES_AT: '2026-11-22T10:00:00Z',
  })
})
