/** Which hooks a run calls, as tables, and that each is called at most once and none that was not come to is lost. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import {
  type AfterRun,
  type HookTime,
  type OwedCalls,
  owedCalls,
  withOwed,
  withoutOwed,
} from '../../src/renewal/hooks.ts'
import type { Mark } from '../../src/renewal/notices.ts'
import type { RenewResult } from '../../src/renewal/ports.ts'
import { at, header } from '../support/accounts.ts'

const NOW = at('2026-11-22T06:00:00Z')
const IDS: Readonly<Record<HookTime, readonly number[]>> = {
  before: [1],
  after: [2, 3],
  'on-failure': [4],
  'on-recovery': [5, 6],
}
const error = new TokenctlError('MARKETPLACE_DOWN', 'm')
const result = (given: Partial<RenewResult> = {}): RenewResult => ({
  account: { marketplace: 'ebay', name: 'main' },
  outcome: 'renewed',
  error: null,
  header: header(),
  assessment: null,
  ...given,
})
const failed = () => result({ outcome: 'failed', error })

function calls(known: Partial<AfterRun>, now = NOW): readonly OwedCalls[] {
  return owedCalls({ results: [], headers: [], marksOf: () => [], idsOf: when => IDS[when], ...known }, now)
}
const short = ({ when, account, hooks }: OwedCalls) => `${when} ${account} ${hooks.join(',')}`
const marked = (owed: readonly OwedCalls[]) =>
  owed.reduce<readonly Mark[]>((marks, call) => withOwed(marks, call, NOW), [])

describe('after a run', () => {
  test.each<[string, Partial<RenewResult>, string | undefined]>([
    ['renewed', { outcome: 'renewed' }, 'after ebay:main 2,3'],
    ['proved', { outcome: 'proved' }, 'after ebay:main 2,3'],
    ['another run renewed it, and called its own', { outcome: 'fresh' }, undefined],
    ['nobody was asked', { outcome: 'needs-person' }, undefined],
    ['failed', { outcome: 'failed', error }, 'on-failure ebay:main 4'],
    ['not asked yet again', { outcome: 'failed', error, waitsUntil: 1 }, undefined],
    ['its record cannot be read', { outcome: 'failed', error, header: null }, 'on-failure ebay:main 4'],
  ])('%s', (_, given, expected) => {
    expect(calls({ results: [result(given)] }).map(short)).toEqual(expected === undefined ? [] : [expected])
  })

  test('calls come in the order of the results', () => {
    const results = ['c', 'a', 'b'].map(name => result({ account: { marketplace: 'ebay', name } }))
    expect(calls({ results }).map(({ account }) => account)).toEqual(['ebay:c', 'ebay:a', 'ebay:b'])
  })

  test('what no hook waits for is owed to nobody', () => {
    expect(calls({ results: [result(), failed()], idsOf: () => [] })).toEqual([])
  })
})

describe('what a run did not come to', () => {
  const headers = [header()]
  const later = NOW + 86_400_000

  test.each([
    ['renewed', result(), 'after', { outcome: 'renewed', error: null }],
    ['proved', result({ outcome: 'proved' }), 'after', { outcome: 'proved', error: null }],
    ['failed', failed(), 'on-failure', { outcome: 'failed', error: { code: 'MARKETPLACE_DOWN' } }],
  ] as const)('%s: the next run calls for it, with what the first one did', (_, given, when, told) => {
    const marks = marked(calls({ results: [given] }))
    expect(calls({ headers, marksOf: () => marks }, later)).toMatchObject([
      { when, account: 'ebay:main', result: told, hooks: IDS[when] },
    ])
  })

  test('is called for before what this run did', () => {
    const [owed] = calls({ results: [failed()] })
    const marksOf = (account: string) => (owed?.account === account ? marked([owed as OwedCalls]) : [])
    const results = [result({ account: { marketplace: 'ebay', name: 'a' } }), result()]
    expect(calls({ headers, marksOf, results }, later).map(short)).toEqual([
      'on-failure ebay:main 4',
      'after ebay:a 2,3',
      'after ebay:main 2,3',
    ])
  })

  test('the same again stands for the one before it', () => {
    const [owed] = calls({ results: [result()] })
    const marks = withoutOwed(marked([owed as OwedCalls]), owed as OwedCalls, 2) ?? []
    expect(calls({ headers, marksOf: () => marks }).map(short)).toEqual(['after ebay:main 3'])
    expect(calls({ headers, marksOf: () => marks, results: [result()] }).map(short)).toEqual([
      'after ebay:main 2,3',
    ])
  })

  test('hooks that were removed are owed nothing', () => {
    const marks = marked(calls({ results: [result()] }))
    const idsOf = () => [3, 9]
    expect(calls({ headers, marksOf: () => marks, idsOf }).map(({ hooks }) => hooks)).toEqual([[3]])
  })

  test('a call is taken once, and not by whoever knows an older event', () => {
    const [owed] = calls({ results: [result()] }) as [OwedCalls]
    const marks = marked([owed])
    expect(withoutOwed(marks, owed, 4)).toBeUndefined()
    expect(withoutOwed(marks, { ...owed, key: 'renewed 2026-11-21T06:00:00Z' }, 2)).toBeUndefined()
    const one = withoutOwed(marks, owed, 2) ?? []
    expect(withoutOwed(one, owed, 2)).toBeUndefined()
    expect(withoutOwed(one, owed, 3)).toEqual([])
  })
})

describe('a recovery', () => {
  const gap = { from: at('2026-11-01'), to: at('2026-11-09') }
  const seen = (given: Parameters<typeof header>[0], marks: readonly Mark[] = []) =>
    calls({ headers: [header(given)], marksOf: () => marks })

  test('is called for once for each gap', () => {
    const [owed] = seen({ gap }) as [OwedCalls]
    expect(short(owed)).toBe('on-recovery ebay:main 5,6')
    const half = withoutOwed(marked([owed]), owed, 5) ?? []
    expect(seen({ gap }, half).map(short)).toEqual(['on-recovery ebay:main 6'])
    const whole = withoutOwed(half, owed, 6) ?? []
    expect(seen({ gap }, whole)).toEqual([])
    expect(seen({ gap: { ...gap, to: at('2026-11-20') } }, whole).map(short)).toEqual([
      'on-recovery ebay:main 5,6',
    ])
  })

  test('is not called for without a gap, nor while the account is refused again', () => {
    const marks = marked(seen({ gap }))
    expect(seen({ gap: null }, marks)).toEqual([])
    expect(seen({ gap, refused: { code: 'GRANT_REJECTED', at: gap.to } }, marks)).toEqual([])
  })

  test('has what the run did with the account', () => {
    const renewed = result({})
    const [, recovery] = calls({ headers: [header({ gap })], results: [renewed] })
    expect(recovery).toMatchObject({ when: 'on-recovery', result: renewed })
  })
})

test('whatever stops the runs: each hook at most once for what happened, and at the last run none is owed', () => {
  const outcome = fc.constantFrom<RenewResult['outcome'] | null>('renewed', 'proved', 'failed', null)
  const day = fc.record({ outcome, gap: fc.boolean(), calls: fc.integer({ min: 0, max: 6 }) })
  fc.assert(
    fc.property(fc.array(day, { maxLength: 20 }), days => {
      let marks: readonly Mark[] = []
      const called: string[] = []
      // Another gap ends later than the one before it.
      let gap = { from: NOW - 1, to: NOW }
      const run = (number: number, given: (typeof days)[number]) => {
        const now = NOW + number * 86_400_000
        const results = given.outcome === null ? [] : [result({ outcome: given.outcome, error })]
        if (given.gap) gap = { ...gap, to: now }
        const owed = calls({ results, headers: [header({ gap })], marksOf: () => marks }, now)
        for (const call of owed) marks = withOwed(marks, call, now)
        const each = owed.flatMap(call => call.hooks.map(hook => ({ call, hook })))
        for (const { call, hook } of each.slice(0, given.calls)) {
          const after = withoutOwed(marks, call, hook)
          expect(after).toBeDefined()
          marks = after ?? []
          called.push(`${call.when} ${call.key} ${hook}`)
        }
      }
      for (const [number, given] of days.entries()) run(number, given)
      expect(new Set(called).size).toBe(called.length)
      run(days.length, { outcome: null, gap: true, calls: 99 })
      expect(marks.every(({ owed }) => owed.length === 0)).toBe(true)
    }),
  )
})
