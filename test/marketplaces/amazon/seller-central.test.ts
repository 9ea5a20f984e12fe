import { describe, expect, it } from 'vitest'
import {
  regionOfHost,
  SELLER_CENTRALS,
  sellerCentralSteps,
  sellerCentrals,
} from '../../../src/marketplaces/amazon/seller-central.ts'
import { REGIONS } from '../../../src/tokens/token-set.ts'

describe('Seller Central', () => {
  it.each([
    ['na', 4, 'sellercentral.amazon.com'],
    ['eu', 12, 'sellercentral-europe.amazon.com'],
    ['fe', 3, 'sellercentral.amazon.co.jp'],
  ] as const)('has its hosts in %s', (region, count, first) => {
    expect(sellerCentrals(region)).toHaveLength(count)
    expect(sellerCentrals(region)[0]?.host).toBe(first)
  })

  it('names each host and each country once', () => {
    const hosts = SELLER_CENTRALS.map(({ host }) => host)
    const countries = SELLER_CENTRALS.flatMap(sellerCentral => sellerCentral.countries)
    expect(new Set(hosts).size).toBe(hosts.length)
    expect(new Set(countries).size).toBe(countries.length)
    for (const host of hosts) expect(host).toMatch(/^sellercentral(-europe)?\.amazon\.[a-z.]{2,6}$/)
  })

  it('tells the region of a host, as it is typed', () => {
    for (const { host, region } of SELLER_CENTRALS) expect(regionOfHost(host)).toBe(region)
    expect(regionOfHost('SellerCentral.Amazon.IN')).toBe('eu')
    for (const none of ['', 'amazon.in', 'sellercentral.amazon.com.evil.example'])
      expect(regionOfHost(none)).toBeNull()
  })

  it('tells a seller where to click, with the hosts of the region only', () => {
    const steps = sellerCentralSteps('fe')
    expect(steps).toMatch(/^Open Seller Central of the Far East:\n/)
    expect(steps).toContain('https://sellercentral.amazon.co.jp  Japan')
    expect(steps).toMatch(/Apps and Services > Develop Apps > Authorize/)
    expect(steps).not.toContain('sellercentral.amazon.com ')
  })

  it('shows every host when the region is not known', () => {
    const steps = sellerCentralSteps(null)
    for (const region of REGIONS)
      for (const { host } of sellerCentrals(region)) expect(steps).toContain(`https://${host} `)
  })
})
