import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MarketplaceAdapter } from '../../src/marketplaces/adapter.ts'
import { MARKETPLACE_IDS, placeOf, SHIPPED_IDS } from '../../src/marketplaces/ids.ts'
import { findMarketplace, marketplaces } from '../../src/marketplaces/registry.ts'
import { thrownBy } from './samples.ts'

const ebayLike: MarketplaceAdapter = { ...findMarketplace('ebay'), id: 'shop' }

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
    expect(error.fix).toBe('The marketplaces are: ebay, amazon, aliexpress, etsy, allegro, mercadolibre.')
  })

  it.each(SHIPPED_IDS)('finds %s, whose manifest is in the package', id => {
    expect(findMarketplace(id)).toMatchObject({ id, consentCommand: expect.any(Function) })
    expect(findMarketplace(id)).toBe(findMarketplace(id))
  })

  it('finds a person’s own, and never in the place of one that is built in', () => {
    const own = { ids: () => ['shop', 'ebay'], has: () => true, find: () => ebayLike }
    expect(findMarketplace('shop', own)).toBe(ebayLike)
    expect(findMarketplace('ebay', own)).not.toBe(ebayLike)
    expect(findMarketplace('etsy', own)).not.toBe(ebayLike)
  })

  it('names a person’s own among the others, each once', () => {
    const own = { ids: () => ['shop', 'ebay'], has: () => false, find: () => undefined }
    const error = thrownBy(() => findMarketplace('shpo', own))
    expect(error.message).toContain('Did you mean `shop`?')
    expect(error.fix).toBe(
      'The marketplaces are: ebay, amazon, aliexpress, etsy, allegro, mercadolibre, shop.',
    )
  })

  it('places the three first, then those of the package, then a person’s own', () => {
    const ids = ['shop', 'allegro', 'aliexpress', 'ebay', 'etsy']
    expect(ids.sort((a, b) => placeOf(a) - placeOf(b))).toEqual([
      ...['ebay', 'aliexpress', 'etsy', 'allegro', 'shop'],
    ])
  })

  it.each(['', 'shopify', 'zzzz', '__proto__', 'toString'])('guesses nothing for %j', typed => {
    const error = thrownBy(() => findMarketplace(typed))
    expect(error.code).toBe('MARKETPLACE_UNKNOWN')
    expect(error.message).not.toContain('Did you mean')
  })

  it('answers any text with an adapter or MARKETPLACE_UNKNOWN, and no more than a line of it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5000 }), typed => {
        const known: readonly string[] = [...MARKETPLACE_IDS, ...SHIPPED_IDS]
        fc.pre(!known.includes(typed))
        const error = thrownBy(() => findMarketplace(typed))
        expect(error.code).toBe('MARKETPLACE_UNKNOWN')
        expect(error.message.length).toBeLessThan(700)
        expect(error.message).not.toContain('\n')
      }),
    )
  })
})
