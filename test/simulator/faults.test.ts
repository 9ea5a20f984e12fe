import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FAULT_WORDS, FAULTS, FaultPlan, isFault } from '../../src/simulator/faults.ts'

const words = (plan: FaultPlan, count: number) =>
  Array.from({ length: count }, () => plan.next('ebay')?.fault ?? '-')

describe('FaultPlan', () => {
  test('counts, in the order they were asked for, each marketplace by itself', () => {
    const plan = new FaultPlan(() => 0)
    plan.add('ebay', '429', { times: 2 })
    plan.add('ebay', 'reset')
    plan.add('amazon', 'html')
    expect(words(plan, 4)).toEqual(['429', '429', 'reset', '-'])
    expect(plan.next('amazon')?.fault).toBe('html')
    expect(plan.next('amazon')).toBeUndefined()
  })

  test('takes a share of what no counted fault takes', () => {
    const draws = [0.1, 0.2, 0.19]
    const plan = new FaultPlan(() => draws.shift() ?? 1)
    plan.add('ebay', '503', { share: 0.2 })
    plan.add('ebay', 'reset')
    expect(words(plan, 5)).toEqual(['reset', '503', '-', '503', '-'])
  })

  test('is cleared for one marketplace', () => {
    const plan = new FaultPlan(() => 0)
    plan.add('ebay', '503', { share: 1 })
    plan.add('amazon', '503')
    plan.clear('ebay')
    expect(words(plan, 1)).toEqual(['-'])
    expect(plan.next('amazon')?.fault).toBe('503')
  })

  test.each([
    [{ times: 0 }],
    [{ times: 1.5 }],
    [{ times: Number.NaN }],
    [{ share: 0 }],
    [{ share: 1.1 }],
    [{ retryAfterSeconds: -1 }],
    [{ delayMs: 0 }],
  ])('refuses %j', options => {
    const plan = new FaultPlan(() => 0)
    expect(() => plan.add('ebay', '429', options)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

test.each<[unknown, boolean]>([
  ...FAULT_WORDS.map((word): [unknown, boolean] => [word, true]),
  ['none', false],
  ['toString', false],
  [5, false],
])('isFault(%j) is %s', (word, expected) => {
  expect(isFault(word)).toBe(expected)
})

test('docs/simulator.md has every fault, with when it happens, and no other', () => {
  const page = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (no|yes) \|/gm)].map(([, word, done]) => [word, done])
  const expected = FAULT_WORDS.map(word => [word, FAULTS[word][0] === 'after' ? 'yes' : 'no'])
  expect(new Map(rows as [string, string][])).toEqual(new Map(expected as [string, string][]))
})
