import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newHeader } from '../../src/tokens/token-set.ts'
import { TwinSearch, twinNote, twinsOf } from '../../src/vault/twins.ts'

const header = (account: string, fingerprint: string | null) =>
  newHeader({ account, app: 'default', environment: 'production', holdsToken: true, fingerprint })

it('accounts with one fingerprint are twins, each of another; none without one', () => {
  const headers = [
    header('a:1', 'x'),
    header('a:2', 'y'),
    header('a:3', 'x'),
    header('a:4', null),
    header('a:5', null),
  ]
  expect([...twinsOf(headers)]).toEqual([
    ['a:3', 'a:1'],
    ['a:1', 'a:3'],
  ])
  expect([...twinsOf(headers.slice(3))]).toEqual([])
})

it('a person is told both names and the mend', () => {
  expect(twinNote(['a:1', 'a:3'])).toMatch(/^a:1 and a:3 hold the same token\..*accounts rename/)
})

describe('a search', () => {
  it('finds what comes twice, and nothing else', () => {
    const digits = fc
      .integer({ min: 0, max: 400 })
      .map(number => (number * 0x9e3779b97f4).toString(16).padStart(16, '0'))
    fc.assert(
      fc.property(fc.array(digits, { maxLength: 900 }), fingerprints => {
        const search = new TwinSearch()
        for (const each of fingerprints) search.add(each)
        const twice = fingerprints.filter((each, at) => fingerprints.indexOf(each) !== at)
        expect(search.twice).toEqual(new Set(twice))
      }),
    )
  })

  it('grows', () => {
    const search = new TwinSearch()
    const of = (number: number) =>
      Math.imul(number, 2_654_435_761).toString(16).replace('-', '').padStart(8, '0').repeat(2)
    for (let number = 1; number <= 100_000; number++)
      search.add(`${number.toString(16).padStart(8, '0')}${of(number).slice(0, 8)}`)
    expect(search.twice.size).toBe(0)
    search.add(`${(77_777).toString(16).padStart(8, '0')}${of(77_777).slice(0, 8)}`)
    expect(search.twice.size).toBe(1)
  })

  it('takes one of zeros for what it is', () => {
    const search = new TwinSearch()
    search.add('0'.repeat(16))
    expect(search.twice.size).toBe(0)
    search.add('0'.repeat(16))
    expect(search.twice.size).toBe(1)
  })
})
