/**
 * `renew` where a refresh is not enough: unattended it lists what each account needs and ends with 3; at a terminal it
 * leads a person through them, account by account. Accounts in every state there is, at three marketplaces.
 */
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import { seedApp } from '../../src/simulator/seed.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { addressOn, answerOf, flat, pasteLine, SHOP_PAGE } from '../support/consenting.ts'
import { leaveJournal } from '../support/left-journal.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { inTerminal, type TerminalRun, tmuxMissing } from '../support/tmux.ts'
import { tokenctl } from '../support/tokenctl.ts'

const missing = tmuxMissing()

let simulator: Simulator
let home: string
beforeEach(async () => {
  const redirect = { redirectUri: SHOP_PAGE }
  const own = { ...seedApp('amazon', Date.now(), { isPrivate: true }), name: 'own' }
  const apps = [
    seedApp('ebay', null, redirect),
    seedApp('amazon', Date.now(), redirect),
    own,
    seedApp('aliexpress', null, redirect),
  ]
  simulator = await simulated(
    [
      shop('aliexpress:expiring', 55, 60, { seller: 'aliexpress-expiring' }),
      shop('aliexpress:unconfirmed', 5, 60),
      shop('amazon:private', 355, 365, { region: 'eu', app: 'own' }),
      shop('amazon:public', 355, 365, { region: 'na', seller: 'amazon-public' }),
      shop('ebay:due', 120, 547),
      shop('ebay:expired', 600, 547, { seller: 'ebay-expired' }),
      shop('ebay:rejected', 30, 547, { seller: 'ebay-rejected' }),
    ],
    apps,
  )
  home = await connectedHome(simulator)
  simulator.endConsent('ebay:rejected')
  expect((await tokenctl(['renew', 'ebay:rejected'], { home })).status).toBe(3)
  await leaveJournal(home, 'aliexpress:unconfirmed', 'presented', simulator)
})

async function states(): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await tokenctl(['status', '--json'], { home })
  const { accounts } = statusSchema.parse(JSON.parse(stdout))
  return Object.fromEntries(accounts.map(({ account, state }) => [account, state]))
}

const BEFORE = {
  'aliexpress:expiring': 'expiring',
  'aliexpress:unconfirmed': 'unconfirmed',
  'amazon:private': 'expiring',
  'amazon:public': 'expiring',
  'ebay:due': 'due',
  'ebay:expired': 'expired',
  'ebay:rejected': 'rejected',
}

describe('unattended', () => {
  const NEXT = {
    'aliexpress:expiring': 'tokenctl login aliexpress:expiring',
    'amazon:private': 'tokenctl set-amazon private',
    'amazon:public': 'tokenctl login amazon:public',
    'ebay:expired': 'tokenctl login ebay:expired',
    'ebay:rejected': 'tokenctl login ebay:rejected',
  }

  test('3, the command for each that needs a person, and for nobody else; what a program can do is done', async () => {
    expect(await states()).toEqual(BEFORE)
    for (const options of [{}, { stdin: 'closed' as const }]) {
      const run = await tokenctl(['renew', '--all'], { home, ...options })
      expect(run.status).toBe(3)
      const said = run.stdout.split(/^(?=\w+:)/m)
      expect(said).toHaveLength(7)
      for (const text of said) {
        const account = /^\S+(?=:)/.exec(text)?.[0] ?? ''
        const next = /Next: (.*)$/m.exec(text)?.[1]
        expect([account, next]).toEqual([account, NEXT[account as keyof typeof NEXT]])
      }
    }
    const waiting = Object.keys(NEXT).map(account => [account, BEFORE[account as keyof typeof BEFORE]])
    const fine = { 'aliexpress:unconfirmed': 'ok', 'ebay:due': 'ok' }
    // eBay was asked, and has refused what had ended.
    expect(await states()).toEqual({ ...Object.fromEntries(waiting), ...fine, 'ebay:expired': 'rejected' })
  })

  test('--due: from the second run on each waits for its person, and nobody is asked in vain', async () => {
    const due = ['renew', '--all', '--due', '--json']
    expect((await tokenctl(due, { home })).status).toBe(3)
    const asked = simulator.requests().length
    const run = await tokenctl(due, { home })
    expect(run.status).toBe(3)
    const { results, summary } = renewSchema.parse(JSON.parse(run.stdout))
    expect(results.map(({ account, outcome }) => [account, outcome])).toEqual(
      Object.keys(NEXT).map(account => [account, 'needs-person']),
    )
    expect(summary).toMatchObject({ needsPerson: 5, failed: 0 })
    expect(simulator.requests()).toHaveLength(asked)
  })
})

describe.skipIf(missing !== undefined)(`at a terminal (${missing ?? 'tmux'})`, () => {
  function renew(words: readonly string[], columns = 80): TerminalRun {
    const run = inTerminal(['renew', ...words], { home, columns, lines: 200 })
    onTestFinished(() => run.close())
    return run
  }

  /** Waits until an account is offered, and answers the question below it. */
  async function offered(run: TerminalRun, need: string, question: RegExp, key: 'y' | 'n'): Promise<void> {
    const words = need.split(' ').join('\\s+')
    await run.shows(new RegExp(`${words}\\s+\\? ${question.source}`))
    run.press(key, 'Enter')
  }

  const BROWSER = /Give it in the browser now\?/
  const consentOf = (account: string) => `${account} needs a new consent of its seller.`

  /** Consents as a seller, once the consent page's address is the one of this account. */
  async function consent(
    run: TerminalRun,
    account: string,
    seller: string,
    decision: 'agree' | 'decline' = 'agree',
  ) {
    await run.shows(
      new RegExp(`Sign\\s+in\\s+as\\s+the\\s+seller\\s+of\\s+${account}[^]*\\? Paste the address:`),
    )
    pasteLine(run, await answerOf(await addressOn(run), seller, decision))
  }

  test.each([80, 40])(
    '%i columns: accepted, declined, a slip, a paste: each account has its own end',
    async columns => {
      const run = renew(['--all'], columns)
      await offered(run, consentOf('aliexpress:expiring'), BROWSER, 'y')
      await consent(run, 'aliexpress:expiring', 'aliexpress-expiring')
      await offered(run, 'amazon:private needs a new token from Seller Central.', /Paste it now\?/, 'y')
      await run.shows('New token for amazon:private:')
      pasteLine(run, simulator.newAmazonToken('amazon:private'))
      await offered(run, consentOf('amazon:public'), BROWSER, 'y')
      await consent(run, 'amazon:public', 'amazon-public')
      await offered(run, consentOf('ebay:expired'), BROWSER, 'n')
      await offered(run, consentOf('ebay:rejected'), BROWSER, 'y')
      await consent(run, 'ebay:rejected', 'ebay-rejected')
      expect(await run.ended()).toBe(3)
      const screen = flat(run.screen())
      for (const account of ['aliexpress:expiring', 'amazon:public', 'ebay:rejected'])
        expect(screen).toContain(`${account} is connected by a new consent. Its seller is `)
      expect(screen).toContain('amazon:private: Amazon accepts the new token; it is stored.')
      const fine = Object.fromEntries(Object.keys(BEFORE).map(account => [account, 'ok']))
      expect(await states()).toEqual({ ...fine, 'ebay:expired': 'rejected' })
    },
  )

  test('a slip with one account is told, and the next one is offered; 0 when all are mended', async () => {
    const slip = renew(['ebay'])
    await offered(slip, consentOf('ebay:expired'), BROWSER, 'y')
    await consent(slip, 'ebay:expired', 'ebay-expired', 'decline')
    await slip.shows('[CONSENT_DENIED]')
    await offered(slip, consentOf('ebay:rejected'), BROWSER, 'y')
    await consent(slip, 'ebay:rejected', 'ebay-rejected')
    expect(await slip.ended()).toBe(3)
    const run = renew(['ebay'])
    await offered(run, consentOf('ebay:expired'), BROWSER, 'y')
    await consent(run, 'ebay:expired', 'ebay-expired')
    expect(await run.ended()).toBe(0)
  })

  test('Ctrl-C at an offer or at a paste ends the run: 130, and no other account is offered', async () => {
    const atOffer = renew(['ebay'])
    await atOffer.shows(BROWSER)
    atOffer.press('C-c')
    expect(await atOffer.ended()).toBe(130)
    const atPaste = renew(['ebay'])
    await offered(atPaste, consentOf('ebay:expired'), BROWSER, 'y')
    await atPaste.shows('? Paste the address:')
    atPaste.press('C-c')
    expect(await atPaste.ended()).toBe(130)
    for (const run of [atOffer, atPaste]) expect(run.screen()).not.toContain(consentOf('ebay:rejected'))
  })

  test('Ctrl-C during an exchange: that consent is stored, and the run ends', async () => {
    const run = renew(['ebay'])
    await offered(run, consentOf('ebay:expired'), BROWSER, 'y')
    simulator.fault('ebay', 'slow', { delayMs: 1500 })
    const asked = simulator.requests().length
    await consent(run, 'ebay:expired', 'ebay-expired')
    // The page, its form, and the exchange.
    await expect.poll(() => simulator.requests().length, { timeout: 10_000 }).toBe(asked + 3)
    run.press('C-c')
    expect(await run.ended()).toBe(130)
    expect(flat(run.screen())).toMatch(
      /ebay:expired is connected by a new consent\..*Stopped before ebay:rejected\. \[CANCELLED\]/,
    )
    expect(run.screen().split('Stopping when')).toHaveLength(2)
    expect(await states()).toMatchObject({ 'ebay:expired': 'ok', 'ebay:rejected': 'rejected' })
  })
})
