import { describe, expect, test } from 'vitest'
import { type SimulateOptions, simulateRun } from '../../../src/cli/commands/simulate.ts'

const NOW = Date.UTC(2026, 10, 22, 10)

/** Starts the command; resolves when its first words are out. */
async function run(options: SimulateOptions) {
  const stop = new AbortController()
  const talk: string[] = []
  let said: (text: string) => void = () => undefined
  const first = new Promise<string>(resolve => {
    said = resolve
  })
  const terminal = { out: (text: string) => said(text), err: (text: string) => void talk.push(text) }
  const done = simulateRun(options, { terminal, clock: { now: () => NOW }, signal: stop.signal })
  const out = await Promise.race([first, done.then(() => 'ended')])
  const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? ''
  const end = async () => {
    stop.abort()
    return done
  }
  return { out, origin, end, err: () => talk.join('') }
}

/** A refresh by the keys and token of the import document. */
async function refreshEbay(origin: string): Promise<Response> {
  const document = JSON.parse(await (await fetch(`${origin}/_simulator/import`)).text())
  const { clientId, clientSecret } = document.apps[0].keys
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: document.accounts[0].refreshToken,
  })
  return fetch(`${origin}/identity/v1/oauth2/token`, { method: 'POST', headers: { authorization }, body })
}

describe('simulate', () => {
  test('prints the commands that connect tokenctl, and each request, until it is stopped', async () => {
    const { out, origin, err, end } = await run({})
    expect(out.split('\n')[0]).toBe(
      `eBay, Amazon, AliExpress, Etsy, Allegro and Mercado Libre are simulated at ${origin}`,
    )
    for (const marketplace of ['ebay', 'amazon', 'aliexpress']) {
      expect(out).toContain(`\n  tokenctl config set endpoint.${marketplace} ${origin}\n`)
    }
    const [home, endpoint] = [
      'TOKENCTL_HOME="$(mktemp -d)"\n  tokenctl config set store file',
      'endpoint.ebay',
    ]
    expect(out).toContain(home)
    expect(out.indexOf(home)).toBeLessThan(out.indexOf(endpoint))
    expect(out).toContain('\n  unset TOKENCTL_HOME\n')
    expect(out).toContain(`\n  curl -s ${origin}/_simulator/import | tokenctl import\n`)
    expect((await refreshEbay(origin)).status).toBe(200)
    expect(err()).toBe('2026-11-22T10:00:00Z ebay refreshed ebay:main generation 1\n')
    expect(await end()).toBe(130)
    await expect(fetch(origin)).rejects.toThrow('fetch failed')
  })

  test('--json makes the first line one object', async () => {
    const { out, origin, end } = await run({ json: true })
    const port = Number(new URL(origin).port)
    expect(JSON.parse(out)).toEqual({
      version: 1,
      origin,
      port,
      endpoints: {
        ...{ ebay: origin, amazon: origin, aliexpress: origin },
        ...{ etsy: origin, allegro: origin, mercadolibre: origin },
      },
      import: `${origin}/_simulator/import`,
    })
    expect(out.indexOf('\n')).toBe(out.length - 1)
    await end()
  })

  test('--fault, --rotation and --consent-days hold from the first request', async () => {
    const { origin, err, end } = await run({
      fault: ['ebay=429', 'ebay=503:2'],
      rotation: ['ebay=grace:5'],
      consentDays: '10',
    })
    const statuses = []
    for (let count = 0; count < 4; count += 1) statuses.push((await refreshEbay(origin)).status)
    expect(statuses).toEqual([429, 503, 503, 200])
    expect(err()).toMatch(/ebay refreshed ebay:main generation 2\n$/)
    const { accounts } = JSON.parse(await (await fetch(`${origin}/_simulator/accounts`)).text())
    const life = Date.parse(accounts[0].consentUntil) - Date.parse(accounts[0].consentAt)
    expect(life).toBe(10 * 86_400_000)
    await end()
  })

  test('--redirect-uri is registered with every app, and --fault reaches eBay’s identity call', async () => {
    const redirectUri = 'http://127.0.0.1:8765/callback'
    const { origin, end } = await run({ redirectUri, fault: ['ebay-identity=503'] })
    const document = JSON.parse(await (await fetch(`${origin}/_simulator/import`)).text())
    for (const app of document.apps) expect(app.keys).toMatchObject({ redirectUri })
    expect((await fetch(`${origin}/commerce/identity/v1/user/`)).status).toBe(503)
    expect((await refreshEbay(origin)).status).toBe(200)
    await end()
  })

  test('without it AliExpress’ app alone is told the simulator’s own page, as its consent needs it', async () => {
    const { origin, end } = await run({})
    const { apps } = JSON.parse(await (await fetch(`${origin}/_simulator/import`)).text())
    const landing = `http://localhost:${new URL(origin).port}/_simulator/landed`
    expect(apps.map((app: { keys: Record<string, string> }) => app.keys['redirectUri'])).toEqual([
      undefined,
      undefined,
      landing,
    ])
    await end()
  })

  test('a share is given in per cent', async () => {
    const { origin, end } = await run({ fault: ['ebay=html:100%'] })
    expect(await (await refreshEbay(origin)).text()).toMatch(/^<!DOCTYPE/)
    await end()
  })

  test.each<[SimulateOptions, RegExp]>([
    [{ port: '65536' }, /whole number from 0 to 65535/],
    [{ port: 'x' }, /whole number/],
    [{ consentDays: '0' }, /from 1 to 3650/],
    [{ fault: ['429'] }, /<marketplace>=<word>/],
    [{ fault: ['ebai=429'] }, /Did you mean ebay\?/],
    [{ fault: ['ebay=lost-repli'] }, /Did you mean lost-reply\? There are: /],
    [{ fault: ['ebay=429:0'] }, /from 1 to 1000000/],
    [{ fault: ['ebay=429:'] }, /whole number/],
    [{ fault: ['ebay=429:0%'] }, /from 1 to 100/],
    [{ fault: ['ebay=429:101%'] }, /from 1 to 100/],
    [{ rotation: ['aliexpress=strikt'] }, /Did you mean strict\?/],
    [{ rotation: ['aliexpress=strict:3'] }, /Only grace takes a number/],
    [{ rotation: ['aliexpress'] }, /<marketplace>=<word>/],
    [{ rotation: ['ebay-identity=none'] }, /Did you mean ebay\?/],
    [{ redirectUri: 'callback' }, /whole address/],
  ])('refuses %j before it opens anything', async (options, fix) => {
    await expect(run(options)).rejects.toMatchObject({ code: 'USAGE', fix: expect.stringMatching(fix) })
  })
})
