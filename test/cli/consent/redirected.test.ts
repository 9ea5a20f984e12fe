/** From a pasted text to a code: what names its code by itself, and a code alone, which is no short word. */
import { describe, expect, test } from 'vitest'
import { redirectedIn } from '../../../src/cli/consent/redirected.ts'
import { login as aliexpress } from '../../../src/marketplaces/aliexpress/login.ts'
import { login as amazon } from '../../../src/marketplaces/amazon/login.ts'
import { login as ebay } from '../../../src/marketplaces/ebay/login.ts'
import { readRedirectedAddress } from '../../../src/oauth/redirected-address.ts'
import { thrownBy } from '../../marketplaces/samples.ts'

const FLOWS = { ebay, amazon, aliexpress }
const read = (text: string, id: keyof typeof FLOWS) => redirectedIn(readRedirectedAddress(text), FLOWS[id])

describe('a code', () => {
  test.each([
    ['ebay', 'https://shop.example/?state=x&code=v%5E1.1%23i%5E1%23p%5E3', 'v^1.1#i^1#p^3', null],
    ['ebay', 'v^1.1#i^1#p^3#t^H4sIAAAA', 'v^1.1#i^1#p^3#t^H4sIAAAA', null],
    ['ebay', 'v%5E1.1%23i%5E1%23p%5E3%23t%5EH4s', 'v^1.1#i^1#p^3#t^H4s', null],
    ['aliexpress', '3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26', '3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26', null],
    [
      'amazon',
      'https://shop.example/?spapi_oauth_code=RHx&selling_partner_id=A3FHEXAMPLE',
      'RHx',
      'A3FHEXAMPLE',
    ],
  ] as const)('%s: %s', (id, text, code, seller) => {
    const found = read(text, id)
    expect([found.code.reveal(), found.seller]).toEqual([code, seller])
  })

  test.each(['yes', 'tokenctl', 'letmein', 'x'.repeat(15)])(
    '%j is none, and no marketplace sees it',
    text => {
      for (const id of ['ebay', 'amazon', 'aliexpress'] as const) {
        const error = thrownBy(() => read(text, id))
        expect([error.code, error.message]).toEqual([
          'USAGE',
          'What was pasted is neither an address nor a code.',
        ])
        expect(error.fix).toMatch(/^Copy the whole address/)
      }
    },
  )

  test('alone, where only the whole address names the seller', () => {
    expect(thrownBy(() => read('RHxExampleExample0123', 'amazon')).message).toMatch(
      /^This does not say whose shop/,
    )
  })
})
