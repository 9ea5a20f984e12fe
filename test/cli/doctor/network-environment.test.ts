/** What the environment does to the network: certificates, switched-off checks, proxies. */

import { describe, expect, onTestFinished, test } from 'vitest'
import { type Broken, expectNoCanary, ONE_SHOP, testBrokenWorlds } from '../../support/broken-world.ts'
import { type Diagnosis, diagnose, soundHome } from '../../support/doctor-world.ts'
import { startProxy } from '../../support/proxy.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'no check of certificates': {
    world: { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
    found: ['tls-settings problem'],
    says: /switches off the check of whom a token is sent to/,
    mend: /`unset NODE_TLS_REJECT_UNAUTHORIZED`/,
    exit: 3,
  },
  'certificates that are not there': {
    world: { env: { NODE_EXTRA_CA_CERTS: '/nonexistent/ca.pem' } },
    found: ['tls-settings warning'],
    says: /names a file that is not there: \/nonexistent\/ca\.pem/,
    mend: /`unset NODE_EXTRA_CA_CERTS`/,
    exit: 0,
  },
  'certificates that are none': {
    world: { env: { NODE_EXTRA_CA_CERTS: '/etc/hostname' } },
    found: ['tls-settings warning'],
    says: /names a file without a certificate/,
    mend: /in PEM form/,
    exit: 0,
  },
  'options that load other code': {
    world: { env: { NODE_OPTIONS: '--max-old-space-size=99 --require /tmp/CNRY-option.js' } },
    found: ['tls-settings warning'],
    says: /NODE_OPTIONS has --require:/,
    mend: /`unset NODE_OPTIONS`/,
    exit: 0,
  },
  'a talkative Node': {
    world: { env: { NODE_DEBUG: 'http' } },
    found: ['tls-settings warning'],
    says: /NODE_DEBUG is set/,
    mend: /`unset NODE_DEBUG`/,
    exit: 0,
  },
  'a proxy that is none': {
    world: { env: { https_proxy: 'ftp://me:CNRY-proxy-password@proxy.example' } },
    found: ['proxy problem'],
    says: /https_proxy is not the address of a proxy/,
    mend: /http:\/\/host:port/,
    exit: 3,
  },
}

testBrokenWorlds(WORLDS)

describe('a proxy', () => {
  const through = async (proxy: Awaited<ReturnType<typeof startProxy>>): Promise<Diagnosis> => {
    onTestFinished(() => proxy.close())
    return await diagnose(await soundHome(ONE_SHOP), { env: { https_proxy: proxy.url }, http: 'real' })
  }

  test('that refuses: its own finding, 4', async () => {
    const { wrong, exit } = await through(await startProxy({ refuseWith: 403 }))
    expect(wrong.map(({ id, state }) => `${id} ${state}`)).toEqual(['proxy problem', 'proxy problem'])
    expect(wrong[0]?.what).toMatch(
      /The proxy 127\.0\.0\.1:\d+ would not connect to api\.ebay\.com.*\(HTTP 403\)/,
    )
    expect(wrong[0]?.mend).toMatch(/NO_PROXY/)
    expect(exit).toBe(4)
  })

  test('that wants another password: named, and the one it was given shows nowhere', async () => {
    const proxy = await startProxy({ credentials: 'me:right' })
    const wrongOne = { ...proxy, url: proxy.url.replace('me:right', 'me:CNRY-proxy-password') }
    const { wrong, text } = await through(wrongOne)
    expect(wrong[0]?.what).toMatch(/did not accept the name and password in https_proxy \(HTTP 407\)/)
    expectNoCanary(text)
    expect(text).not.toContain(Buffer.from('me:CNRY-proxy-password').toString('base64'))
  })

  test('in use: it is said which variable leads to it', async () => {
    const env = { HTTPS_PROXY: 'http://me:CNRY-proxy-password@proxy.example:3128' }
    const { report, text } = await diagnose(await soundHome(), { env })
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        id: 'proxy',
        state: 'ok',
        where: 'proxy.example:3128',
        what: expect.stringContaining('HTTPS_PROXY'),
      }),
    )
    expectNoCanary(text)
  })
})
