/** Whether the marketplaces are reached and what their clocks say, by each stage that can fail. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { HOUR, MINUTE } from '../../../src/tokens/time.ts'
import { type Broken, clockBehind, failing, ONE_SHOP, testBrokenWorlds } from '../../support/broken-world.ts'
import { diagnose, fineAccount, NOW, refusing, setSettings, soundHome } from '../../support/doctor-world.ts'
import { selfSigned } from '../../support/self-signed.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'no DNS': {
    home: { ...ONE_SHOP },
    world: { http: failing('ENOTFOUND', 'getaddrinfo') },
    found: ['dns problem', 'dns problem'],
    says: /could not be found: its name does not resolve \(ENOTFOUND\)/,
    mend: /`getent hosts api\.ebay\.com`/,
    exit: 4,
  },
  'DNS that does not answer': {
    world: { http: failing('EAI_AGAIN', 'getaddrinfo') },
    found: ['dns problem', 'dns problem', 'dns problem'],
    says: /EAI_AGAIN/,
    mend: /name servers/,
    exit: 4,
  },
  'no way there': {
    world: { http: failing('ENETUNREACH', 'connect') },
    found: ['network problem', 'network problem', 'network problem'],
    says: /cannot be reached from here \(ENETUNREACH\)/,
    mend: /`curl -I https:\/\/api\.ebay\.com`/,
    exit: 4,
  },
  'TLS that is read on the way': {
    world: {
      http: failing('SELF_SIGNED_CERT_IN_CHAIN'),
      machine: { issuerOf: async () => 'Example Corp Inspection CA' },
    },
    found: ['tls problem', 'tls problem', 'tls problem'],
    says: /no authority known here vouches for .*issuer: Example Corp Inspection CA\./,
    mend: /NODE_EXTRA_CA_CERTS/,
    exit: 4,
  },
  'a certificate that is over': {
    world: { http: failing('CERT_HAS_EXPIRED'), machine: { issuerOf: async () => undefined } },
    found: ['tls problem', 'tls problem', 'tls problem'],
    says: /not valid today \(CERT_HAS_EXPIRED\)\.$/,
    mend: /Check the date of this machine first/,
    exit: 4,
  },
  'marketplaces that are out of order': {
    world: { http: async () => ({ ...(await refusing()), status: 503 }) },
    found: ['network warning', 'network warning', 'network warning'],
    says: /answers with HTTP 503/,
    mend: /Wait/,
    exit: 0,
  },
  'a clock three hours ahead': {
    world: { http: clockBehind(3 * HOUR) },
    found: ['clock problem'],
    says: /The clock of this machine is 3 h ahead of that of api-sg\.aliexpress\.com, and AliExpress refuses/,
    mend: /timedatectl set-ntp true/,
    exit: 3,
  },
  'a clock three hours behind': {
    world: { http: clockBehind(-3 * HOUR) },
    found: ['clock problem'],
    says: /is 3 h behind that of/,
    mend: /timedatectl/,
    exit: 3,
  },
  'a clock three hours ahead, and no shop at AliExpress': {
    home: ONE_SHOP,
    world: { http: clockBehind(3 * HOUR) },
    found: ['clock warning'],
    says: /is 3 h ahead of that of api/,
    mend: /timedatectl/,
    exit: 0,
  },
  'a clock three minutes ahead': {
    world: { http: clockBehind(3 * MINUTE) },
    found: ['clock warning'],
    says: /is 3 min ahead/,
    mend: /timedatectl/,
    exit: 0,
  },
}

testBrokenWorlds(WORLDS)

test("a marketplace's own clock is read off the wire", async () => {
  const server = createServer((_, response) => {
    response.setHeader('date', new Date(NOW + 3 * HOUR).toUTCString())
    response.writeHead(405).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const home = await soundHome({ accounts: [fineAccount('aliexpress:main', { environment: 'local' })] })
  setSettings(home, { store: 'file', 'endpoint.aliexpress': `http://127.0.0.1:${port}` })
  const http = async (request: { readonly url: string }) =>
    request.url.startsWith('http://127') ? fetched(request.url) : refusing()
  const { wrong, exit } = await diagnose(home, { http })
  expect(wrong.map(({ id, state }) => `${id} ${state}`)).toEqual(['overrides warning', 'clock problem'])
  expect(wrong[1]?.what).toMatch(/is 3 h behind that of 127\.0\.0\.1/)
  expect(exit).toBe(3)
})

async function fetched(url: string) {
  const answer = await fetch(url)
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: '' }
}

test('a certificate that nobody vouches for, off the wire: its issuer is named, and nothing is sent', async context => {
  const pair = selfSigned('/CN=Example Corp Inspection CA') ?? context.skip('openssl is not installed')
  const received: Buffer[] = []
  const server = createTlsServer(pair, socket => socket.on('data', chunk => received.push(chunk)))
  server.on('connection', socket => socket.on('error', () => socket.destroy()))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const origin = `https://127.0.0.1:${port}`
  const home = await soundHome({ accounts: [fineAccount('ebay:main', { environment: 'local' })] })
  setSettings(home, { store: 'file', 'endpoint.ebay': origin, 'endpoint.amazon': origin })
  const { wrong, exit } = await diagnose(home, { http: 'real' })
  const failed = wrong.filter(({ state }) => state === 'problem')
  expect(failed.map(({ id }) => id)).toEqual(['tls', 'tls'])
  expect(failed[0]?.what).toMatch(/names as its issuer: Example Corp Inspection CA\.$/)
  expect(exit).toBe(4)
  expect(received).toEqual([])
})
