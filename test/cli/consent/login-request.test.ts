/** What a login begins with: which account, which app, where the consent page is. */
import { describe, expect, test } from 'vitest'
import {
  consentAddress,
  type LoginChoices,
  loginAccount,
  loginRequest,
  openForLogin,
} from '../../../src/cli/consent/login-request.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { tokenSet } from '../../support/accounts.ts'
import {
  type ConsentWorld,
  type ConsentWorldOptions,
  consentWorld,
  saveApp,
} from '../../support/consent-world.ts'
import { leaveConsent } from '../../support/left-consent.ts'
import { NOW } from '../../support/world.ts'

describe('the account', () => {
  test.each([
    ['ebay:outlet', undefined, 'outlet'],
    ['ebay', 'outlet', 'outlet'],
    ['ebay:outlet', 'outlet', 'outlet'],
    ['aliexpress', undefined, 'default'],
  ])('%s %s is %s', async (marketplace, name, wanted) => {
    const world = await consentWorld({ accounts: [tokenSet(), tokenSet({ account: 'ebay:outlet' })] })
    expect(await loginAccount(marketplace, name, world)).toMatchObject({ name: wanted })
  })

  test.each([
    ['ebay:main', 'outlet', 'USAGE', /Either `tokenctl login ebay:main`, or `tokenctl login ebay outlet`\./],
    ['shopify', undefined, 'MARKETPLACE_UNKNOWN', /ebay, amazon, aliexpress/],
    ['ebay', 'Main', 'USAGE', /./],
  ])('%s %s is none', async (marketplace, name, code, fix) => {
    const world = await consentWorld()
    await expect(loginAccount(marketplace, name, world)).rejects.toMatchObject({
      code,
      fix: expect.stringMatching(fix),
    })
  })

  test('is asked for where a marketplace has several', async () => {
    const accounts = [tokenSet(), tokenSet({ account: 'ebay:outlet' })]
    const world = await consentWorld({ accounts, answers: ['ebay:outlet'] })
    expect(await loginAccount('ebay', undefined, world)).toEqual({ marketplace: 'ebay', name: 'outlet' })
    expect(world.asked).toEqual(['Which eBay account shall the seller consent for?'])
  })
})

/** The consent page's address for an account named `main`. */
async function addressOf(
  marketplace: string,
  choices: LoginChoices = {},
  options: ConsentWorldOptions = {},
): Promise<{ readonly address: URL; readonly world: ConsentWorld; readonly region: string | null }> {
  const world = await consentWorld(options)
  const account = { marketplace, name: 'main' }
  const request = await loginRequest(account, choices, await openForLogin(account, {}, world), world)
  const address = new URL(consentAddress(request, { state: new Secret('the-state') }, choices))
  return { address, world, region: request.region }
}

describe('the consent page', () => {
  test.each([
    ['ebay', 'https://auth.ebay.com/oauth2/authorize'],
    ['aliexpress', 'https://api-sg.aliexpress.com/oauth/authorize'],
  ])('of %s', async (marketplace, page) => {
    const { address } = await addressOf(marketplace)
    expect(`${address.origin}${address.pathname}`).toBe(page)
    expect(address.searchParams.get('state')).toBe('the-state')
  })

  test.each<[string, LoginChoices, ConsentWorldOptions, string, string]>([
    ['the region said', { region: 'eu' }, {}, 'sellercentral-europe.amazon.com', 'eu'],
    [
      'the Seller Central said, whose region is known',
      { sellerCentral: 'SellerCentral.amazon.in' },
      {},
      'sellercentral.amazon.in',
      'eu',
    ],
    [
      'the account’s own region',
      {},
      { accounts: [tokenSet({ account: 'amazon:main', region: 'fe' })] },
      'sellercentral.amazon.co.jp',
      'fe',
    ],
    ['the region that the person picks', {}, { answers: ['na'] }, 'sellercentral.amazon.com', 'na'],
  ])('of Amazon is that of %s', async (_, choices, options, host, region) => {
    const found = await addressOf('amazon', choices, options)
    expect([found.address.host, found.region]).toEqual([host, region])
  })

  test('of Amazon, with nobody to ask for the region: it names the option', async () => {
    const unattended = { terminal: (await import('../render/screen.ts')).screen('pipe') }
    await expect(addressOf('amazon', {}, unattended)).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('--region na'),
    })
  })

  test('a private app of Amazon’s has none, which is said before anybody is asked for the region', async () => {
    const keys = { amazon: { applicationId: '' } }
    await expect(addressOf('amazon', {}, { keys, answers: ['never'] })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'The amazon app has no `applicationId`.',
      fix: expect.stringContaining('tokenctl set-amazon'),
    })
  })

  test('is asked with the app that was named, else with the account’s own', async () => {
    const world = await consentWorld({ accounts: [tokenSet({ account: 'ebay:main', app: 'second' })] })
    for (const [name, clientId] of [
      ['second', 'Second-1'],
      ['third', 'Third-1'],
    ] as const)
      await saveApp(world.vault, 'ebay', { clientId, clientSecret: 'x', ruName: 'r' }, name)
    const account = { marketplace: 'ebay', name: 'main' }
    const clientOf = async (choices: LoginChoices) => {
      const request = await loginRequest(account, choices, await openForLogin(account, {}, world), world)
      return new URL(consentAddress(request, { state: new Secret('s') }, choices)).searchParams.get(
        'client_id',
      )
    }
    expect(await clientOf({})).toBe('Second-1')
    expect(await clientOf({ app: 'third' })).toBe('Third-1')
    await expect(clientOf({ app: 'fourth' })).rejects.toMatchObject({
      code: 'CLIENT_REJECTED',
      fix: expect.stringContaining('tokenctl app set ebay fourth'),
    })
  })

  test('of another environment than the account’s is none', async () => {
    const accounts = [tokenSet({ account: 'ebay:main', environment: 'sandbox' })]
    await expect(addressOf('ebay', {}, { accounts })).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
  })
})

describe('an earlier consent that was cut off', () => {
  const answer = {
    code: '0',
    access_token: `5000${'a'.repeat(56)}`,
    refresh_token: `5000${'b'.repeat(56)}`,
    expires_in: '86400',
    refresh_expires_in: '5184000',
    seller_id: '2624147096',
    user_nick: 'gadgets',
  }

  test('is finished when the vault is opened', async () => {
    const world = await consentWorld()
    await leaveConsentOf(world, [answer])
    const { finished } = await openForLogin({ marketplace: 'aliexpress', name: 'main' }, {}, world)
    expect(finished).toMatchObject({
      account: 'aliexpress:main',
      seller: expect.stringContaining('2624147096'),
    })
    expect(world.terminal.shown.err).toContain('a renewal that was cut off is finished')
  })

  test('is of no use without an answer', async () => {
    const world = await consentWorld()
    await leaveConsentOf(world, [])
    expect(
      (await openForLogin({ marketplace: 'aliexpress', name: 'main' }, {}, world)).finished,
    ).toBeUndefined()
  })

  function leaveConsentOf(world: ConsentWorld, answers: readonly object[]): Promise<void> {
    return leaveConsent(world.vault, { account: 'aliexpress:main', generation: 0, at: NOW - 1000, answers })
  }
})
