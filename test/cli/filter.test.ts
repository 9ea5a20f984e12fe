/** Which accounts the options leave, and in which order. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Filter, filterOf, narrow, nothingMatches, SORTS } from '../../src/cli/filter.ts'
import type { FilterOptions } from '../../src/cli/selection.ts'
import { exitOf } from '../../src/cli/status/status-check.ts'
import { inOrder } from '../../src/cli/status/urgency.ts'
import { ACCOUNT_STATES } from '../../src/renewal/assess.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, header } from '../support/accounts.ts'
import { app, EVERY_STATE, findings, horizon } from './render/findings.ts'

const NOW = findings([]).now
const named = (name: string, given: Partial<AccountHeader>) => header({ account: name, ...given })

function kept(headers: readonly AccountHeader[], options: Parameters<typeof filterOf>[0]) {
  const { accounts, leftOut } = narrow(findings(headers), filterOf(options), NOW)
  return { names: accounts.map(({ header: { account } }) => account), leftOut }
}

describe('--tag', () => {
  const acme = named('ebay:a', { tags: { client: 'acme', team: 'night' } })
  const also = named('amazon:b', { tags: { client: 'acme' } })
  const other = named('ebay:c', { tags: { client: 'acme & sons' } })
  const none = named('ebay:d', {})

  it.each<[tag: string[], names: string[]]>([
    [['client=acme'], ['ebay:a', 'amazon:b']],
    [['client=acme', 'team=night'], ['ebay:a']],
    [['team=night', 'team=day'], []],
    [['client=acme & sons'], ['ebay:c']],
    [['client=ACME'], []],
    [['constructor=x'], []],
  ])('%j', (tag, names) => {
    expect(kept([acme, also, other, none], { tag })).toEqual({ names, leftOut: 0 })
  })
})

describe('--state', () => {
  it.each(ACCOUNT_STATES)('%s alone', state => {
    const { accounts } = narrow(findings(EVERY_STATE), filterOf({ state }), NOW)
    expect(accounts.length).toBeGreaterThan(0)
    expect(new Set(accounts.map(({ assessment }) => assessment.state))).toEqual(new Set([state]))
  })

  it('several, with spaces', () => {
    expect(kept(EVERY_STATE, { state: 'due, expired' }).names).toEqual([
      'ebay:ended',
      'ebay:due',
      'amazon:due',
      'ebay:never',
    ])
  })

  it.each(['', 'overdue', 'due,', 'DUE', 'due expired'])('%j is none', state => {
    expect(() => filterOf({ state })).toThrow(
      expect.objectContaining({ code: 'USAGE', fix: expect.stringContaining('rejected, expired') }),
    )
  })
})

describe('--within', () => {
  // Renew by is 1 Dec, midnight.
  const soon = named('ebay:soon', { consentAt: at('2026-09-01') })
  const ending = named('ebay:ending', { consentAt: at('2026-11-20'), endsAt: at('2026-12-20') })

  it.each<[given: AccountHeader, within: string, isIn: boolean]>([
    [soon, '8d', false],
    [soon, '9d', true],
    [ending, '30d', true],
    // What was refused, or never consented, must be renewed now, whatever its dates say.
    [
      named('ebay:dead', { consentAt: at('2026-11-20'), refused: { code: 'GRANT_REJECTED', at: NOW } }),
      '1h',
      true,
    ],
    [named('ebay:new', {}), '1h', true],
    // Its window and lead are far; only its end is near enough to be warned of.
    [named('amazon:warned', { consentAt: at('2025-12-20'), renewedAt: at('2026-11-20') }), '1d', false],
    [named('ebay:fine', { consentAt: at('2026-11-20') }), '30d', false],
  ])('$account', (given, within, isIn) => {
    expect(kept([given], { within }).names).toEqual(isIn ? [given.account] : [])
    expect(kept([given], { within }).leftOut).toBe(isIn ? 0 : 1)
  })

  it.each(['', '30', '-1d', '5m', 'soon'])('%j is no length', within => {
    expect(() => filterOf({ within })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(/^--within: /) }),
    )
  })
})

describe('--sort', () => {
  const of = (sort: Filter['sort']) => kept(EVERY_STATE, sort === undefined ? {} : { sort }).names

  it('by account', () => {
    expect(of('account')).toEqual([...of(undefined)].sort())
  })

  it('by state, as without it', () => {
    expect(of('state')).toEqual(of(undefined))
  })

  it.each(['renew-by', 'ends'] as const)('by %s: the soonest first, the unknown last', sort => {
    const { accounts } = narrow(findings(EVERY_STATE), filterOf({ sort }), NOW)
    const dates = accounts.map(({ assessment: { renewBy, ends } }) =>
      sort === 'ends' ? (ends?.at ?? null) : renewBy,
    )
    const known = dates.filter(date => date !== null)
    expect(known.length).toBeLessThan(dates.length)
    expect(dates.slice(0, known.length)).toEqual(known.toSorted((a, b) => a - b))
  })

  it('holds on the page and the time line too, which have an order of their own else', () => {
    const found = findings(EVERY_STATE)
    const sorted = { ...found, ...narrowed(found, { sort: 'account' }) }
    expect(inOrder(sorted)).toBe(sorted.accounts)
    expect(inOrder(found)).not.toBe(found.accounts)
  })
})

function narrowed(found: ReturnType<typeof findings>, options: Parameters<typeof filterOf>[0]) {
  const { accounts, apps, ...rest } = narrow(found, filterOf(options), NOW)
  return { accounts, apps, narrowed: rest }
}

it('all of them must hold, and none brings back what another left out', () => {
  const tags = fc.subarray(['client=acme', 'team=night'])
  const states = fc.subarray([...ACCOUNT_STATES], { minLength: 1 }).map(each => each.join(','))
  const tagged = EVERY_STATE.map((each, index) =>
    index % 2 === 0
      ? { ...each, tags: { client: 'acme', ...(index % 3 === 0 ? { team: 'night' } : {}) } }
      : each,
  )
  fc.assert(
    fc.property(
      tags,
      states,
      fc.constantFrom('1d', '30d', '1y'),
      fc.constantFrom(...SORTS),
      (tag, state, within, sort) => {
        const [byTag, byState, byTime] = [{ tag }, { state }, { within }].map(
          options => new Set(kept(tagged, options).names),
        )
        const { names, leftOut } = kept(tagged, { tag, state, within, sort })
        const all = kept(tagged, { sort }).names
        expect(names).toEqual(all.filter(name => byTag?.has(name) && byState?.has(name) && byTime?.has(name)))
        expect(names.length + leftOut).toBe(byTag?.size)
      },
    ),
  )
})

describe('apps', () => {
  // Ends 12 Dec 2026 and 28 Jan 2027.
  const appHeaders = [app('amazon', '2026-06-15'), { ...app('amazon', '2026-08-01'), name: 'second' }]
  const mine = named('amazon:a', { app: 'second', consentAt: at('2026-11-01'), tags: { client: 'acme' } })
  const yours = named('amazon:b', { consentAt: at('2026-11-01') })
  const apps = (options: FilterOptions) =>
    narrow(findings([mine, yours], { appHeaders }), filterOf(options), NOW).apps.map(
      ({ header: { name } }) => name,
    )

  it.each<[FilterOptions, string[]]>([
    [{ tag: ['client=acme'] }, ['second']],
    [{ state: 'ok' }, ['default', 'second']],
    [{ state: 'expired' }, []],
    [{ within: '30d' }, ['default']],
    [{ within: '90d' }, ['default', 'second']],
    [{ within: '30d', tag: ['client=acme'] }, []],
    [{ within: '90d', tag: ['client=acme'] }, ['second']],
  ])('%j', (options, names) => {
    expect(apps(options)).toEqual(names)
  })
})

describe('a check of some', () => {
  const fine = named('ebay:a', { consentAt: at('2026-11-01'), tags: { client: 'acme' } })
  const late = named('ebay:b', { consentAt: at('2026-08-01') })

  it.each<[what: string, FilterOptions, exit: number]>([
    ['those that are fine', { tag: ['client=acme'] }, 0],
    ['those that are late', { state: 'due' }, 4],
    ['a state that none is in: all is well', { state: 'expired' }, 0],
    ['a tag that none has: nothing is watched', { tag: ['client=acmee'] }, 3],
    ['a time in which nothing falls', { tag: ['client=acme'], within: '1d' }, 0],
  ])('%s', (_, options, exit) => {
    const found = findings([fine, late])
    expect(exitOf({ ...found, ...narrowed(found, options) }, horizon(null))).toBe(exit)
  })
})

describe('nothing matches', () => {
  const said: string[] = []
  const terminal = { err: (text: string) => void said.push(text) }

  it('of those that have the tag: said, and no failure', () => {
    said.length = 0
    nothingMatches(3, terminal)
    expect(said).toEqual(['Nothing matches.\n'])
  })

  it('a tag that none has is a mistake', () => {
    expect(() => nothingMatches(0, terminal)).toThrow(expect.objectContaining({ code: 'ACCOUNT_UNKNOWN' }))
  })
})
