import { afterEach, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { Browser } from './browser.ts'
import { form, NOW, seed } from './calls.ts'

let running: Simulator | undefined
afterEach(() => running?.close())

const BACK = 'http://127.0.0.1:8765/callback'
const LOGIN = 'http://127.0.0.1:8766/login?x=1'

/** Agrees to an app that has a log-in page of its own; resolves to the address the browser is sent to. */
async function agreed(isDraft = false): Promise<{ simulator: Simulator; there: URL }> {
  const given = seed()
  const apps = given.apps.map(each =>
    each.marketplace === 'amazon' ? { ...each, isDraft, loginUri: LOGIN } : each,
  )
  const simulator = await startSimulator({
    clock: { now: () => NOW },
    seed: { ...given, apps },
    redirectUri: BACK,
  })
  running = simulator
  const asked = {
    application_id: 'amzn1.sp.solution.one',
    state: 'first',
    ...(isDraft && { version: 'beta' }),
  }
  const browser = new Browser()
  const address = `${simulator.origin}/apps/authorize/consent?${form(asked)}`
  const page = await browser.open(address)
  expect(page.headers.get('content-security-policy')).toContain(
    "form-action 'self' http://127.0.0.1:8765 http://127.0.0.1:8766;",
  )
  const { location } = await browser.consent(address, 'amazon-newcomer')
  if (location === null) throw new Error('no redirect')
  return { simulator, there: location }
}

const onward = (there: URL, over: Record<string, string> = {}) =>
  `${there.searchParams.get('amazon_callback_uri')}?${form({
    amazon_state: there.searchParams.get('amazon_state') ?? '',
    state: 'second',
    ...over,
  })}`

test('a consent goes by the app’s log-in page, and comes back with the state of that page', async () => {
  const { simulator, there } = await agreed()
  const [seller] = simulator.sellers().filter(each => each.seller === 'amazon-newcomer')
  expect(there.href.startsWith(`${LOGIN}&`)).toBe(true)
  expect(Object.fromEntries(there.searchParams)).toEqual({
    x: '1',
    amazon_callback_uri: `${simulator.origin}/apps/authorize/confirm/amzn1.sp.solution.one`,
    amazon_state: expect.stringMatching(/^[0-9a-f-]{36}$/),
    selling_partner_id: seller?.sellerId,
  })
  const back = await new Browser().open(onward(there, { redirect_uri: BACK }))
  expect(back.location?.href.startsWith(`${BACK}?state=second&`)).toBe(true)
  expect([...(back.location?.searchParams.keys() ?? [])]).toEqual([
    'state',
    'selling_partner_id',
    'spapi_oauth_code',
  ])
  expect((await new Browser().open(onward(there))).status).toBe(400)
  expect(
    simulator
      .requests()
      .map(({ path, outcome }) => [path, outcome])
      .slice(-3),
  ).toEqual([
    ['/apps/authorize/consent', 'sent to the log-in page'],
    ['/apps/authorize/confirm', 'agreed'],
    ['/apps/authorize/confirm', 'malformed'],
  ])
})

describe('is refused', () => {
  test.each<[string, boolean, Record<string, string>, string]>([
    ['without a known amazon_state', false, { amazon_state: 'x' }, 'malformed'],
    ['without a state', false, { state: '' }, 'no state'],
    ['with another redirect address', false, { redirect_uri: 'https://shop.example' }, 'MD5101'],
    ['as a draft without version=beta', true, {}, 'MD1000'],
    ['with version=beta and no draft', false, { version: 'beta' }, 'not a draft'],
  ])('%s', async (_, isDraft, over, error) => {
    const { there } = await agreed(isDraft)
    const { status, body } = await new Browser().open(onward(there, over))
    expect([status, body.includes(`<code>${error}</code>`)]).toEqual([400, true])
  })

  test('at the address of another application', async () => {
    const { there } = await agreed()
    const address = onward(there).replace('solution.one', 'solution.two')
    expect((await new Browser().open(address)).status).toBe(400)
  })
})

test('of a draft both ways carry version=beta', async () => {
  const { there } = await agreed(true)
  expect(there.searchParams.get('version')).toBe('beta')
  expect((await new Browser().open(onward(there, { version: 'beta' }))).status).toBe(302)
})
