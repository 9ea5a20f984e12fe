/**
 * `login` at a real terminal without a browser of its own: what comes back is pasted, in every form in which people copy
 * an address, after every slip they make, and while everything goes wrong that can. Nothing of it is stored half.
 */
import { describe, expect, test } from 'vitest'
import { loginLinkSchema } from '../../src/cli/shapes/login-shape.ts'
import type { Vendor } from '../../src/simulator/vendors.ts'
import { homePrint } from '../support/bad-input.ts'
import {
  acting,
  answerOf,
  type Consenting,
  consenting,
  enterKeys,
  exchanges,
  flat,
  pasteLine,
  pasting,
} from '../support/consenting.ts'
import { journals } from '../support/left-journal.ts'
import { endpoints, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { type TerminalOptions, type TerminalRun, tmuxMissing } from '../support/tmux.ts'

const missing = tmuxMissing()
const MARKETPLACES = ['ebay', 'amazon', 'aliexpress'] as const

/** Waits until the question was asked again that often, and looks for why. */
async function asksAgain(run: TerminalRun, says: RegExp, times: number): Promise<void> {
  const again = new RegExp(`(?:Paste the address:[^]*){${times}}\\?\\s+Paste the address:`)
  // A prompt takes each character by itself: 16,000 of them are seconds of work for a machine that has much else to do.
  const look = () => run.shows(again)
  await look().catch(look).catch(look)
  expect(flat(run.screen())).toMatch(says)
}

async function expectNothing(world: Consenting, before: readonly string[]): Promise<void> {
  expect(await world.row()).toBeUndefined()
  expect(homePrint(world.home)).toEqual(before)
  expect(journals(world.home)).toEqual([])
}

describe.skipIf(missing !== undefined)(`at a terminal (${missing ?? 'tmux'})`, () => {
  describe('an answer is taken as people copy it', () => {
    const query = (address: string) => address.slice(address.indexOf('?') + 1)
    const code = (address: string) =>
      new URLSearchParams(query(address)).get('code') ??
      new URLSearchParams(query(address)).get('spapi_oauth_code') ??
      ''
    const whole = (address: string) => address
    test.each<[string, readonly Vendor[], (address: string) => string, TerminalOptions?]>([
      ['the whole address', MARKETPLACES, whole],
      [
        'the whole address, by a plain terminal',
        MARKETPLACES,
        whole,
        { env: { TERM: 'dumb', NO_COLOR: '1' }, columns: 40 },
      ],
      ['broken by a mail', MARKETPLACES, address => `\n  ${address.replace(/(.{38})/g, '$1\r\n   ')}  \n`],
      ['between angle brackets', ['ebay'], address => `<${address}>`],
      ['between quotation marks, with words before it', ['ebay'], address => `Here it is: “${address}”`],
      ['from a page’s source', ['amazon'], address => `"${address.replaceAll('&', '&amp;')}"`],
      ['its query alone', ['amazon'], query],
      ['with a fragment behind it', ['aliexpress'], address => `${address}#_=_`],
      ['the code alone', ['ebay', 'aliexpress'], code],
      ['the code alone, as the address has it', ['ebay'], address => encodeURIComponent(code(address))],
    ])('%s', async (_, marketplaces, copied, options = {}) => {
      for (const marketplace of marketplaces) {
        const world = await consenting(marketplace)
        const { run, address } = await pasting(world, options)
        pasteLine(run, copied(await answerOf(address, world.sellers.main)))
        expect([marketplace, await run.ended()]).toEqual([marketplace, 0])
        const screen = run.screen()
        expect(flat(screen)).toMatch(`${world.main} is connected by a new consent. Its seller is `)
        expect(screen).not.toMatch(/code=|\u001b/)
        expect(await world.row()).toMatchObject({
          account: world.main,
          state: 'ok',
          seller: expect.stringMatching(/\S/),
        })
        expect(exchanges(world)).toHaveLength(1)
      }
    })
  })

  describe('what is no answer is refused, and the right one still works at the same prompt', () => {
    type Slip = readonly [text: string, says: RegExp]
    const answers = {
      ebay: 'https://shop.example/?state=x&code=v%5E1.1%23i%5E1&expires_in=299',
      amazon:
        'https://shop.example/?state=x&selling_partner_id=A3FHEXAMPLE&spapi_oauth_code=RHxExample0123456789',
      aliexpress: 'https://shop.example/?state=x&code=3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26',
    }
    const titles = { ebay: 'eBay', amazon: 'Amazon', aliexpress: 'AliExpress' }

    test.each(MARKETPLACES)('%s', { timeout: 180_000 }, async marketplace => {
      const world = await consenting(marketplace)
      const early = await pasting(world)
      const old = await answerOf(early.address, world.sellers.outlet)
      early.run.press('C-c')
      expect(await early.run.ended()).toBe(130)
      const before = homePrint(world.home)
      const { run, address } = await pasting(world, { lines: 250 })
      const right = await answerOf(address, world.sellers.main)
      const others = MARKETPLACES.filter(each => each !== marketplace)
      const slips: readonly Slip[] = [
        ['', /Nothing was pasted\./],
        ['yes', /neither an address nor a code\./],
        ['https://shop.example/back', /no answer in it: nothing follows a `\?`/],
        [address, /The address has no code in it/],
        [
          right.replace(/state=[^&]*/, 'state=wrong'),
          /belongs to another login: its `state` is not the one of this run/,
        ],
        [right.replace(/&?state=[^&]*/, ''), /has no `state`, by which the answer to this login is known/],
        [`${right}&state=x`, /names one parameter twice/],
        [old, /belongs to another login/],
        ...others.map(
          (other): Slip => [
            answers[other],
            new RegExp(`the answer of ${titles[other]}, and ${titles[marketplace]} was asked`),
          ],
        ),
        ['x'.repeat(20_000), /Far more was pasted than an answer has; nothing was taken\./],
        ...slipsOf(marketplace, right),
      ]
      for (const [index, [text, says]] of slips.entries()) {
        if (text !== '') run.paste(text, 'bracketed')
        run.press('Enter')
        await asksAgain(run, says, index + 1)
      }
      expect(exchanges(world)).toEqual([])
      expect(homePrint(world.home)).toEqual(before)
      pasteLine(run, right)
      expect(await run.ended()).toBe(0)
      expect(exchanges(world)).toHaveLength(1)
      expect(await world.row()).toMatchObject({ account: world.main, state: 'ok' })
    })

    function slipsOf(marketplace: Vendor, right: string): readonly Slip[] {
      if (marketplace === 'ebay')
        return [
          [decodeURIComponent(right), /was decoded on its way/],
          [right.replaceAll('%', '%25'), /still encoded: it was encoded twice/],
          [
            'https://signin.ebay.com/ws/eBayISAPI.dll?ThirdPartyAuthSucessFailure&isAuthSuccessful=false',
            /has no `state`/,
          ],
        ]
      if (marketplace === 'aliexpress') return []
      const code = new URL(right).searchParams.get('spapi_oauth_code') ?? ''
      return [
        [code, /does not say whose shop it is: .* a code alone has not/],
        [right.replace(/selling_partner_id=[^&]*/, ''), /does not say whose shop it is/],
      ]
    }
  })

  describe('a code that is good no more: told, nothing stored, and a new login works', () => {
    test.each(MARKETPLACES)('%s: declined, used before, too late', { timeout: 60_000 }, async marketplace => {
      const clock = { ahead: 0, now: () => Date.now() + clock.ahead }
      const world = await consenting(marketplace, { clock })
      const before = homePrint(world.home)
      const bad: readonly (readonly [string, (address: string) => Promise<string>, RegExp])[] = [
        [
          'declined',
          address => answerOf(address, world.sellers.main, 'decline'),
          /did not agree .* \[CONSENT_DENIED\]/,
        ],
        [
          'used',
          async address => {
            const answer = await answerOf(address, world.sellers.main)
            await redeemElsewhere(world, answer)
            return answer
          },
          /refused the code of the consent .* \[GRANT_REJECTED\] Fix: A code works once/,
        ],
        [
          'late',
          async address => {
            const answer = await answerOf(address, world.sellers.main)
            clock.ahead += 5 * 60_000 + 1000
            return answer
          },
          /refused the code of the consent .* \[GRANT_REJECTED\].* Run the login again for a new one\. Nothing that is stored was changed\./,
        ],
      ]
      for (const [what, answer, says] of bad) {
        const { run, address } = await pasting(world)
        pasteLine(run, await answer(address))
        expect([what, await run.ended()]).toEqual([what, 3])
        expect(flat(run.screen())).toMatch(says)
        await expectNothing(world, before)
      }
      const { run, address } = await pasting(world)
      pasteLine(run, await answerOf(address, world.sellers.main))
      expect(await run.ended()).toBe(0)
    })

    /** Another home with the same keys takes the code first, as the answer to a link of its own. */
    async function redeemElsewhere(world: Consenting, answer: string): Promise<void> {
      const home = temporaryHome()
      writeSettings(home, { store: 'file', ...endpoints(world.simulator.origin) })
      await enterKeys(home, world.marketplace, world.keys)
      const { run } = acting(home)
      const link = await run(['login', world.main, ...world.more, '--link', '--json'])
      const { address } = loginLinkSchema.parse(JSON.parse(link.stdout))
      const mixed = new URL(answer)
      mixed.searchParams.set('state', new URL(address).searchParams.get('state') ?? '')
      const taken = await run(['login', world.main, '--resume', '--stdin'], { input: mixed.href })
      expect(taken).toMatchObject({ status: 0 })
    }
  })
})
