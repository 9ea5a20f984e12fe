/** Who is asked when a day's quota is too small for all. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import type { Quota } from '../../src/renewal/ports.ts'
import { inOrder, nextDay, quotaSpent } from '../../src/renewal/ration.ts'
import type { Candidate } from '../../src/renewal/renew-all.ts'
import { parseAccount } from '../../src/tokens/account.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, header } from '../support/accounts.ts'
import { scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY

function candidate(account: string, given: Partial<AccountHeader> = {}): Candidate {
  const { marketplace, name } = parseAccount(account)
  return { account: { marketplace, name: name ?? '' }, header: header({ account, ...given }) }
}

/** The ports, with so many refreshes left by `marketplace:app`; no limit where none is given. */
function ports(left: Readonly<Record<string, number>>) {
  const quota: Quota = {
    left: (marketplace, app) => left[`${marketplace}:${app}`] ?? null,
    used: () => expect.unreachable('nothing is sent here'),
  }
  return { ...scriptedRun({ answer: () => expect.unreachable('nobody is asked') }).ports, quota }
}

const all = [
  candidate('ebay:ok', { consentAt: ago(100), renewedAt: ago(1) }),
  candidate('ebay:due-late', { consentAt: ago(100), renewedAt: ago(93) }),
  candidate('ebay:due-soon', { consentAt: ago(200), renewedAt: ago(93) }),
  candidate('ebay:rejected', { consentAt: ago(9), refused: { code: 'GRANT_REJECTED', at: NOW } }),
  candidate('ebay:unknown', {}),
  candidate('ebay:expired', { consentAt: ago(400) }),
]
const names = (ordered: ReturnType<typeof inOrder>) => ordered.map(([, { account }]) => account.name)

describe('the order', () => {
  test.each<[string, Record<string, number>]>([
    ['there is no limit', {}],
    ['there is enough', { 'ebay:default': all.length }],
    ['it is another app’s that is short', { 'ebay:other': 0, 'amazon:default': 0 }],
  ])('stays where %s', (_, left) => {
    expect(inOrder(all, ports(left))).toEqual([...all.entries()])
  })

  test('is by gravity and then by the end, where one is missing', () => {
    expect(names(inOrder(all, ports({ 'ebay:default': all.length - 1 })))).toEqual([
      'rejected',
      'expired',
      'due-soon',
      'due-late',
      'unknown',
      'ok',
    ])
  })

  test('counts those that share an app', () => {
    const two = [
      candidate('ebay:a', { app: 'other', consentAt: ago(1) }),
      candidate('ebay:b', { app: null, refused: { code: 'GRANT_REJECTED', at: NOW } }),
    ]
    expect(names(inOrder(two, ports({ 'ebay:default': 1, 'ebay:other': 1 })))).toEqual(['a', 'b'])
    expect(names(inOrder(two, ports({ 'ebay:default': 0, 'ebay:other': 1 })))).toEqual(['b', 'a'])
  })

  test('a marketplace that nobody knows any more comes last, and stops nobody', () => {
    const adapterOf = (id: string) => {
      if (id === 'etsy') throw new TokenctlError('MARKETPLACE_UNKNOWN', 'etsy is no marketplace.')
      return ports({}).adapterOf(id)
    }
    const short = { ...ports({ 'ebay:default': 1 }), adapterOf }
    expect(names(inOrder([candidate('etsy:main'), ...all], short)).at(-1)).toBe('main')
  })

  test('loses nobody and doubles nobody, whatever is left', () => {
    const some = fc.array(fc.constantFrom(...all), { maxLength: 20 })
    fc.assert(
      fc.property(some, fc.nat(20), (candidates, left) => {
        const indexes = inOrder(candidates, ports({ 'ebay:default': left })).map(([index]) => index)
        expect([...indexes].sort((a, b) => a - b)).toEqual([...candidates.keys()])
      }),
    )
  })
})

describe('a quota that is used up', () => {
  const adapter = { title: 'eBay', refreshesADay: 50_000 }
  const [account = candidate('ebay:none')] = all
  const spent = (left: number, given: Candidate = account) =>
    quotaSpent(given, adapter, ports({ 'ebay:default': left }))

  test('says how much it is, when it begins anew, and how to ask all the same', () => {
    expect(spent(0)).toMatchObject({
      code: 'RATE_LIMITED',
      exit: 4,
      account: 'ebay:ok',
      message:
        'Not asked now: eBay allows an app 50,000 refreshes a day, and those of today are used. They begin anew at 2026-11-23T00:00:00Z.',
      fix: 'A run after that asks; `tokenctl renew ebay:ok` asks now.',
    })
  })

  test('is one only when nothing is left', () => {
    expect(spent(1)).toBeUndefined()
    expect(quotaSpent(account, adapter, ports({}))).toBeUndefined()
    const { clock } = ports({})
    expect(quotaSpent(account, adapter, { clock })).toBeUndefined()
  })

  test('does not keep an answer from being stored that is here already', () => {
    const kept = candidate('ebay:kept', { awaitsRecovery: true })
    expect(spent(0, kept)).toBeUndefined()
  })

  test('the next day begins at midnight in UTC', () => {
    expect(nextDay(at('2026-11-22T23:59:59.999Z'))).toBe(at('2026-11-23'))
    expect(nextDay(at('2026-11-23'))).toBe(at('2026-11-24'))
    expect(nextDay(NOW) - NOW).toBe(14 * HOUR)
  })
})
