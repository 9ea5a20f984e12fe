/** Which account a pasted token is for, which region it names, and what becomes of it. */
import { describe, expect, test } from 'vitest'
import { setAmazonRun } from '../../../src/cli/commands/set-amazon.ts'
import type { HttpResponse } from '../../../src/platform/http.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorld, type TestWorldOptions, testWorld } from '../../support/world.ts'

const TOKEN = 'Atzr|IwEBIcanary0123456789'
const answerOf = (status: number, body: object): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const accepts = async () =>
  answerOf(200, { access_token: 'Atza|canary', token_type: 'bearer', expires_in: 3600, refresh_token: TOKEN })
const refuses = async () => answerOf(400, { error: 'invalid_grant', error_description: 'canary' })

async function worldWith(names: readonly string[], options: TestWorldOptions = {}): Promise<TestWorld> {
  const accounts = names.map(name =>
    tokenSet({ account: `amazon:${name}`, region: name === 'old' ? null : 'na' }),
  )
  const world = await testWorld({ accounts, http: accepts, stdin: TOKEN, ...options })
  const header = {
    marketplace: 'amazon',
    name: 'default',
    environment: 'production',
    secretIssuedAt: null,
    isPublic: false,
    previousEndsAt: null,
  } as const
  const keys = { clientId: new Secret('id'), clientSecret: new Secret('canary-secret') }
  await world.vault.saveApp({ header, keys, previous: null }, null)
  return world
}

const token = async (world: TestWorld, name: string) =>
  (await world.vault.account({ marketplace: 'amazon', name }))?.secrets.refreshToken?.reveal()

describe('which account', () => {
  test.each([
    ['named', ['main', 'outlet'], 'outlet', 'outlet'],
    ['named with its marketplace', ['main'], 'amazon:main', 'main'],
    ['the only one there is', ['main'], undefined, 'main'],
    ['the default one where there is none', [], undefined, 'default'],
    ['a new one', ['main'], 'second', 'second'],
  ] as const)('%s', async (_, there, name, wanted) => {
    const world = await worldWith(there)
    expect(await setAmazonRun({ name, stdin: true }, world)).toBe(0)
    expect(await token(world, wanted)).toBe(TOKEN)
    expect(world.terminal.shown.out).toMatch(new RegExp(`^amazon:${wanted}: Amazon accepts the new token`))
    expect(world.terminal.shown.out + world.terminal.shown.err).not.toContain('canary')
  })

  test('asked, where there are several', async () => {
    const world = await worldWith(['main', 'outlet'], { answers: ['amazon:outlet', TOKEN] })
    expect(await setAmazonRun({ name: undefined }, world)).toBe(0)
    expect(world.asked).toEqual(['Which Amazon account is the token for?', 'New token for amazon:outlet:'])
    expect(await token(world, 'outlet')).toBe(TOKEN)
  })

  test.each([TOKEN, 'Main', '../x', ''])('%j can name none, and is not repeated', async name => {
    const world = await worldWith(['main'])
    await expect(setAmazonRun({ name, stdin: true }, world)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'This cannot name an account.',
    })
  })
})

test('at a terminal, a region that is not known is asked for, kept, and decides where to click', async () => {
  const world = await worldWith(['old'], { answers: ['eu', TOKEN] })
  expect(await setAmazonRun({ name: 'old' }, world)).toBe(0)
  expect(world.asked[0]).toBe("The seller's region?")
  expect(world.terminal.shown.err).toMatch(/Seller Central of Europe/)
  expect((await world.vault.account({ marketplace: 'amazon', name: 'old' }))?.header.region).toBe('eu')
})

describe('what becomes of it', () => {
  test('refused: the old one stays', async () => {
    const world = await worldWith(['main'], { http: refuses })
    await expect(setAmazonRun({ name: 'main', stdin: true }, world)).rejects.toMatchObject({
      code: 'GRANT_REJECTED',
    })
    expect(await token(world, 'main')).toBe('old-token')
  })

  test('accepted: the day of consent is today, and both clocks begin again', async () => {
    const world = await worldWith(['main'])
    await setAmazonRun({ name: 'main', stdin: true }, world)
    const stored = await world.vault.account({ marketplace: 'amazon', name: 'main' })
    expect(stored?.header).toMatchObject({ consentAt: NOW, renewedAt: NOW, pendingAt: null })
    expect(stored?.secrets.previous?.refreshToken.reveal()).toBe('old-token')
  })

  test('without app keys it is kept beside the old one, unproven: 3', async () => {
    const world = await testWorld({ accounts: [tokenSet({ account: 'amazon:main' })], stdin: TOKEN })
    expect(await setAmazonRun({ name: 'main', stdin: true }, world)).toBe(3)
    expect(world.terminal.shown.out).toMatch(/kept but not proven/)
    expect(world.terminal.shown.err).toMatch(/^Fix: .*tokenctl app set amazon/)
    expect(await token(world, 'main')).toBe('old-token')
    const stored = await world.vault.account({ marketplace: 'amazon', name: 'main' })
    expect(stored?.secrets.pending?.reveal()).toBe(TOKEN)
  })

  test('of another app, without its keys: not kept, since the stored one would lose its own', async () => {
    const world = await worldWith(['main'])
    const before = await world.vault.account({ marketplace: 'amazon', name: 'main' })
    await expect(setAmazonRun({ name: 'main', app: 'other', stdin: true }, world)).rejects.toMatchObject({
      code: 'CLIENT_REJECTED',
      message: expect.stringContaining('was not kept'),
      fix: expect.stringContaining('tokenctl app set amazon other'),
    })
    expect(await world.vault.account({ marketplace: 'amazon', name: 'main' })).toEqual(before)
  })

  test('while Amazon is down: kept, unproven: 4', async () => {
    const world = await worldWith(['main'], { http: async () => answerOf(503, {}) })
    expect(await setAmazonRun({ name: 'main', stdin: true }, world)).toBe(4)
    expect(await token(world, 'main')).toBe('old-token')
  })
})
