import { describe, expect, test } from 'vitest'
import { accountName, makeSeller, Sellers } from '../../src/simulator/sellers.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { NOW, seed } from './calls.ts'

describe('a seller', () => {
  test.each([
    ['ebay', /^[a-z2-7]{11}$/],
    ['amazon', /^A[A-Z2-7]{13}$/],
    ['aliexpress', /^2\d{9}$/],
  ] as const)('of %s has an id that follows from the name', (vendor, shape) => {
    const { id } = makeSeller(vendor, 'one')
    expect(id).toMatch(shape)
    expect(makeSeller(vendor, 'one').id).toBe(id)
    expect(makeSeller(vendor, 'two').id).not.toBe(id)
  })

  test('is known by name, each marketplace by itself', () => {
    const sellers = new Sellers()
    const one = sellers.add('ebay', 'one')
    expect(sellers.add('ebay', 'one')).toBe(one)
    expect(sellers.find('amazon', 'one')).toBeUndefined()
    expect(sellers.of('ebay')).toEqual([one])
  })

  test.each([
    ['ebay-newcomer', 'ebay:newcomer'],
    ['Äußerst Guter Laden!', 'ebay:u-erst-guter-laden'],
    ['ebay-', 'ebay:seller'],
    ['taken', 'ebay:taken-3'],
    ['x'.repeat(99), `ebay:${'x'.repeat(50)}`],
  ])('%s becomes the account %s', (name, expected) => {
    const taken = ['ebay:taken', 'ebay:taken-2']
    expect(accountName(makeSeller('ebay', name), account => taken.includes(account))).toBe(expected)
  })
})

test('a seller who changes the name is found by the new one alone, and keeps the id', () => {
  const sellers = new Sellers()
  const one = sellers.add('ebay', 'one')
  const { id } = one
  sellers.rename(one, 'two')
  expect([sellers.find('ebay', 'one'), sellers.find('ebay', 'two')]).toEqual([undefined, one])
  expect(one).toMatchObject({ name: 'two', id })
})

describe('of a seed', () => {
  const simulation = (more: object) =>
    new Simulation({
      seed: { ...seed(), ...more },
      now: () => NOW,
      random: () => 0,
      onRequest: () => undefined,
    })

  test('are its accounts’, and one newcomer on each marketplace', () => {
    const views = simulation({}).sellers()
    expect(views.find(each => each.accounts.includes('ebay:main'))).toEqual({
      marketplace: 'ebay',
      seller: 'ebay-shop-4711',
      sellerId: makeSeller('ebay', 'ebay-shop-4711').id,
      accounts: ['ebay:main'],
    })
    const newcomers = views.filter(each => each.accounts.length === 0)
    expect(newcomers.map(each => each.seller)).toEqual([
      'ebay-newcomer',
      'amazon-newcomer',
      'aliexpress-newcomer',
    ])
  })

  test('are those it names', () => {
    const sellers = [{ marketplace: 'ebay', seller: 'mine' }]
    const accounts = seed().accounts.map(each => ({ ...each, seller: 'both' }))
    const views = simulation({ sellers, accounts }).sellers()
    expect(views.map(({ seller, accounts: held }) => [seller, held.length])).toEqual([
      ['both', 4],
      ['mine', 0],
      ['both', 2],
      ['both', 2],
    ])
  })
})
