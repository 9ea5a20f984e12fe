/** What a person is offered after a renewal: for which accounts, the browser or the paste, and what becomes of the run. */
import { describe, expect, test } from 'vitest'
import { helpPerson } from '../../../src/cli/renewing/help-person.ts'
import { rulesOf } from '../../../src/cli/rules.ts'
import { refOf } from '../../../src/cli/selection.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { HttpResponse } from '../../../src/platform/http.ts'
import { assess } from '../../../src/renewal/assess.ts'
import type { RenewResult } from '../../../src/renewal/ports.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { header, tokenSet } from '../../support/accounts.ts'
import {
  type ConsentWorld,
  type ConsentWorldOptions,
  consentWorld,
  shownState,
} from '../../support/consent-world.ts'
import { NOW } from '../../support/world.ts'

const ENDS_SOON = {
  consentAt: NOW - 350 * DAY,
  renewedAt: NOW - DAY,
  endsAt: NOW + 5 * DAY,
  acceptedAt: NOW - DAY,
}
const FINE = { consentAt: NOW - 10 * DAY, renewedAt: NOW - DAY, endsAt: NOW + 500 * DAY }

/** What a renewal of an account with this header came to. */
function resultOf(world: ConsentWorld, of: AccountHeader, error: TokenctlError | null = null): RenewResult {
  const rules = rulesOf(world.settings())
  const adapter = rules.adapterOf(refOf(of).marketplace)
  const assessment = assess(of, adapter, rules.policyOf(adapter), NOW)
  return { account: refOf(of), outcome: error === null ? 'renewed' : 'failed', error, header: of, assessment }
}

async function help(
  of: Partial<AccountHeader>,
  options: ConsentWorldOptions = {},
  error: TokenctlError | null = null,
) {
  const set = tokenSet(of)
  const world = await consentWorld({ accounts: [set], ...options })
  const { accounts } = await world.vault.listing()
  const listed = accounts.find(({ account }) => account === set.header.account)
  const result = resultOf(world, listed ?? set.header, error)
  return { world, helped: helpPerson(result, world.vault, world) }
}

const refused = (code: 'GRANT_REJECTED' | 'ANSWER_LOST') =>
  new TokenctlError(code, 'Refused.', { failure: 'permanent' })
const ofNoPerson = (code: 'NETWORK_FAILED' | 'CLIENT_REJECTED' | 'LOCK_HELD') =>
  new TokenctlError(code, 'No.')

describe('an offer', () => {
  test.each<
    [string, Partial<AccountHeader>, ConsentWorldOptions, TokenctlError | null, string | null, string]
  >([
    [
      'eBay, ending soon',
      ENDS_SOON,
      {},
      null,
      'Give it in the browser now?',
      'ebay:main needs a new consent of its seller.',
    ],
    [
      'eBay, refused',
      FINE,
      {},
      refused('GRANT_REJECTED'),
      'Give it in the browser now?',
      'ebay:main needs a new consent of its seller.',
    ],
    [
      'eBay, an answer lost',
      FINE,
      {},
      refused('ANSWER_LOST'),
      'Give it in the browser now?',
      'ebay:main needs',
    ],
    [
      'a public app of Amazon’s',
      { ...ENDS_SOON, account: 'amazon:main' },
      {},
      null,
      'Give it in the browser now?',
      'amazon:main needs a new consent of its seller.',
    ],
    [
      'a private app of Amazon’s',
      { ...ENDS_SOON, account: 'amazon:main' },
      { keys: { amazon: { applicationId: '' } } },
      null,
      'Paste it now?',
      'amazon:main needs a new token from Seller Central.',
    ],
    [
      'an app of Amazon’s that is not here',
      { ...ENDS_SOON, account: 'amazon:main', app: 'other' },
      {},
      null,
      'Paste it now?',
      'amazon:main needs a new token',
    ],
    ['a shop that is fine', FINE, {}, null, null, ''],
    ['the network failed', ENDS_SOON, {}, ofNoPerson('NETWORK_FAILED'), null, ''],
    ['the app’s keys are refused', ENDS_SOON, {}, ofNoPerson('CLIENT_REJECTED'), null, ''],
    ['another run is at it', ENDS_SOON, {}, ofNoPerson('LOCK_HELD'), null, ''],
  ])('%s', async (_, of, options, error, question, need) => {
    const { world, helped } = await help(of, { ...options, answers: [false] }, error)
    expect(await helped).toBeUndefined()
    expect(world.asked).toEqual(question === null ? [] : [question])
    expect(world.terminal.shown.err).toMatch(need === '' ? /^$/ : new RegExp(`^${need}`))
  })

  test('nothing was read of an account whose record is damaged: none', async () => {
    const world = await consentWorld()
    const result: RenewResult = {
      account: { marketplace: 'ebay', name: 'main' },
      outcome: 'failed',
      error: refused('GRANT_REJECTED'),
      header: null,
      assessment: null,
    }
    expect(await helpPerson(result, world.vault, world)).toBeUndefined()
  })
})

describe('what becomes of it', () => {
  const answer = (status: number, body: object): HttpResponse => ({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const http = async ({ url }: { readonly url: string }) =>
    url.includes('/commerce/identity/')
      ? answer(200, { userId: 'u-1', username: 'shop' })
      : answer(200, {
          access_token: 'v^1.1#a',
          expires_in: 7200,
          refresh_token: 'v^1.1#r',
          refresh_token_expires_in: 47_304_000,
          token_type: 'User Access Token',
        })
  const back = (shown: string) =>
    `https://shop.example/?state=${shownState(shown)}&code=${encodeURIComponent('v^1.1#i^1#code-code')}`

  test('the consent was given: the account is renewed, as it is now', async () => {
    const { helped } = await help(ENDS_SOON, { answers: [true], http, pastes: [back] })
    expect(await helped).toMatchObject({
      outcome: 'renewed',
      error: null,
      header: { account: 'ebay:main', seller: 'shop (u-1)', consentAt: NOW },
      assessment: { state: 'ok' },
    })
  })

  test('a slip is told and leaves the account as it was: the run goes on', async () => {
    const denied = (shown: string) => `https://shop.example/?state=${shownState(shown)}&error=access_denied`
    const { world, helped } = await help(ENDS_SOON, { answers: [true], pastes: [denied] })
    expect(await helped).toBeUndefined()
    expect(world.terminal.shown.err).toMatch(/Error: .* did not agree .* \[CONSENT_DENIED\]\nFix: /)
  })

  test.each([
    ['Ctrl-C at the paste', new TokenctlError('CANCELLED', 'Stopped.')],
    ['a fault of our own', new TypeError('a bug')],
  ])('%s ends the run', async (_, error) => {
    const stop = () => {
      throw error
    }
    const { helped } = await help(ENDS_SOON, { answers: [true], pastes: [stop] })
    await expect(helped).rejects.toBe(error)
  })

  test('after a stop in the midst of an exchange nobody is asked anything more', async () => {
    const { world, helped } = await help(ENDS_SOON, { answers: [true], signal: AbortSignal.abort() })
    await expect(helped).rejects.toMatchObject({ code: 'CANCELLED', message: 'Stopped before ebay:main.' })
    expect(world.asked).toEqual([])
  })
})

test('a tracked shop: where to click, folded, and whether it was done', async () => {
  const world = await consentWorld({ answers: [false] })
  const tracked = header({ holdsToken: false, app: null, consentAt: NOW - 400 * DAY })
  expect(await helpPerson(resultOf(world, tracked), world.vault, world)).toBeUndefined()
  expect(world.asked).toEqual(['Was it done?'])
  for (const line of world.terminal.shown.err.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(world.terminal.shown.err.replace(/\s+/g, ' ')).toMatch(
    /^ebay:main: Open the platform .* "Reset credentials"/,
  )
})
