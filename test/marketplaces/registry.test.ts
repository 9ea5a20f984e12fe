import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MARKETPLACE_IDS } from '../../src/marketplaces/ids.ts'
import { findMarketplace, marketplaces } from '../../src/marketplaces/registry.ts'
import { thrownBy } from './samples.ts'

describe('the registry', () => {
  it('holds each marketplace once, in the order in which they are shown', () => {
    expect(marketplaces.map(({ id }) => id)).toEqual(['ebay', 'amazon', 'aliexpress'])
    // Settings know the words without loading an adapter; the two lists must not part.
    expect(marketplaces.map(({ id }) => id)).toEqual([...MARKETPLACE_IDS])
  })

  it.each(marketplaces.map(({ id }) => id))('finds %s', id => {
    expect(findMarketplace(id).id).toBe(id)
  })

  it.each([
    ['eaby', 'ebay'],
    ['eBay', 'ebay'],
    ['amazom', 'amazon'],
    ['AliExpres', 'aliexpress'],
    ['ali-express', 'aliexpress'],
  ])('names the nearest for %s: %s', (typed, nearest) => {
    const error = thrownBy(() => findMarketplace(typed))
    expect(error.code).toBe('MARKETPLACE_UNKNOWN')
    expect(error.message).toBe(`There is no marketplace "${typed}". Did you mean \`${nearest}\`?`)
    expect(error.fix).toBe('The marketplaces are: ebay, amazon, aliexpress.')
  })

  it.each(['', 'shopify', 'zzzz', '__proto__', 'toString'])('guesses nothing for %j', typed => {
    const error = thrownBy(() => findMarketplace(typed))
    expect(error.code).toBe('MARKETPLACE_UNKNOWN')
    expect(error.message).not.toContain('Did you mean')
  })

  it('answers any text with an adapter or MARKETPLACE_UNKNOWN, and no more than a line of it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5000 }), typed => {
        fc.pre(!marketplaces.some(({ id }) => id === typed))
        const error = thrownBy(() => findMarketplace(typed))
        expect(error.code).toBe('MARKETPLACE_UNKNOWN')
        expect(error.message.length).toBeLessThan(700)
        expect(error.message).not.toContain('\n')
      }),
    )
  })
})
