import { expect, test } from 'vitest'
import { answerConsent } from '../../src/simulator/consent.ts'
import { Market } from '../../src/simulator/market.ts'
import { form, NOW, seed } from './calls.ts'

const BACK = 'https://shop.example/back'
const RIGHT = { response_type: 'code', force_auth: 'true', redirect_uri: BACK, client_id: '500102' }

function ask(over: Record<string, string | undefined>) {
  const market = new Market(seed())
  market.registered = BACK
  const values = Object.entries({ ...RIGHT, ...over }).filter(([, value]) => value !== undefined)
  const query = form(Object.fromEntries(values) as Record<string, string>)
  const headers = { host: '127.0.0.1:8080' }
  const call = { method: 'GET', path: '/oauth/authorize', query, headers, body: Buffer.from('') }
  return answerConsent('aliexpress', call, market, NOW)
}

test.each<Record<string, string | undefined>>([{}, { force_auth: undefined }, { state: '1212' }])(
  'the page is shown for %j',
  over => {
    expect(ask(over)).toMatchObject({ status: 200, outcome: 'consent page' })
  },
)

test.each<[Record<string, string | undefined>, string]>([
  [{ response_type: undefined }, 'response_type is not code'],
  [{ response_type: 'token' }, 'response_type is not code'],
  [{ client_id: undefined }, 'unknown client_id'],
  [{ client_id: '1' }, 'unknown client_id'],
  [{ redirect_uri: undefined }, 'wrong redirect_uri'],
  [{ redirect_uri: `${BACK}?x=1` }, 'wrong redirect_uri'],
  [{ redirect_uri: encodeURIComponent(BACK) }, 'wrong redirect_uri'],
  [{ state: 'x'.repeat(1025) }, 'state is too long'],
])('%j is refused by a page: %s', (over, detail) => {
  const reply = ask(over)
  expect(reply).toMatchObject({ status: 400, outcome: 'refused', detail })
  expect(reply.body).toContain(detail)
})
