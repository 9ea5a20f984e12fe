/** Which proxy the environment names, and a real CONNECT proxy on loopback. */
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isTokenctlError, type TokenctlError } from '../../src/errors.ts'
import { createHttp } from '../../src/platform/http.ts'
import { proxyFor } from '../../src/platform/proxy.ts'
import { startProxy, type TestProxy, type TestProxyOptions } from '../support/proxy.ts'

type Env = Record<string, string | undefined>
const EBAY = new URL('https://api.ebay.com/identity')
const LOCAL = new URL('http://127.0.0.1:8080/token')

describe('which proxy', () => {
  const table: [what: string, url: URL, env: Env, host: string | undefined][] = [
    ['none', EBAY, {}, undefined],
    ['https by HTTPS_PROXY', EBAY, { HTTPS_PROXY: 'http://p:3128' }, 'p:3128'],
    ['small letters win', EBAY, { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' }, 'b:2'],
    ['small letters win though empty', EBAY, { HTTPS_PROXY: 'http://a:1', https_proxy: '' }, undefined],
    ['https by HTTP_PROXY for want of another', EBAY, { HTTP_PROXY: 'http://a:1' }, 'a:1'],
    ['http not by HTTPS_PROXY', LOCAL, { HTTPS_PROXY: 'http://a:1' }, undefined],
    ['http by http_proxy', new URL('http://a.example/t'), { http_proxy: 'http://a:1' }, 'a:1'],
    ['loopback by a proxy on this machine', LOCAL, { http_proxy: 'http://127.0.0.1:1' }, '127.0.0.1:1'],
    ['loopback never by a proxy elsewhere', LOCAL, { http_proxy: 'http://a:1' }, undefined],
    ['nor in TLS', new URL('https://[::1]:8443/t'), { https_proxy: 'http://a:1' }, undefined],
    ['a name that only begins so', new URL('http://127.0.0.1.a.example/t'), { http_proxy: 'a:1' }, 'a:1'],
    ['without a scheme', EBAY, { HTTPS_PROXY: 'proxy.example:3128' }, 'proxy.example:3128'],
    ['its own default port', EBAY, { HTTPS_PROXY: 'https://p' }, 'p:443'],
    ['NO_PROXY: the host', EBAY, { HTTPS_PROXY: 'http://a:1', NO_PROXY: 'x, api.ebay.com' }, undefined],
    ['NO_PROXY: a domain', EBAY, { HTTPS_PROXY: 'http://a:1', no_proxy: '.ebay.com' }, undefined],
    [
      'NO_PROXY: a domain with a star',
      EBAY,
      { HTTPS_PROXY: 'http://a:1', no_proxy: '*.EBAY.com' },
      undefined,
    ],
    ['NO_PROXY: not half a name', EBAY, { HTTPS_PROXY: 'http://a:1', no_proxy: 'bay.com' }, 'a:1'],
    ['NO_PROXY: all', EBAY, { HTTPS_PROXY: 'http://a:1', no_proxy: '*' }, undefined],
    ['NO_PROXY: the port', EBAY, { HTTPS_PROXY: 'http://a:1', no_proxy: 'api.ebay.com:443' }, undefined],
    ['NO_PROXY: another port', EBAY, { HTTPS_PROXY: 'http://a:1', no_proxy: 'api.ebay.com:8443' }, 'a:1'],
    ['NO_PROXY: IPv6', new URL('http://[::1]:9/'), { http_proxy: 'http://a:1', no_proxy: '::1' }, undefined],
    [
      'NO_PROXY: IPv6 in brackets',
      new URL('http://[::1]:9/'),
      { http_proxy: 'a:1', no_proxy: '[::1]' },
      undefined,
    ],
    ['NO_PROXY: empty', EBAY, { HTTPS_PROXY: 'http://a:1', no_proxy: ' , ' }, 'a:1'],
  ]
  it.each(table)('%s', (_, url, env, host) => {
    expect(proxyFor(url, env)?.host).toBe(host)
  })

  it.each([
    'http://name:CNRY%ZZ@host:1',
    'socks5://name:CNRY@host:1',
    'http://name:CNRY@host:port',
    'http://',
    'name:CNRY@ho st',
  ])('a value that is no proxy (%s) is named by its variable and not quoted', value => {
    let error: unknown
    try {
      proxyFor(EBAY, { HTTPS_PROXY: value })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID' })
    expect(isTokenctlError(error) && error.message).toContain('HTTPS_PROXY')
    expect(isTokenctlError(error) && `${error.message}${error.fix}`).not.toContain('CNRY')
  })
})

describe('through a real proxy', () => {
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? '-'}`)
    response.setHeader('content-type', 'application/json').end('{"ok":1}')
  })
  const seen: string[] = []
  const proxies: TestProxy[] = []
  let port = 0

  beforeEach(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
    seen.length = 0
  })
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.close()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  const start = async (options?: TestProxyOptions) => {
    const proxy = await startProxy(options)
    proxies.push(proxy)
    return proxy
  }
  const post = (env: Env, timeoutMs = 5000) =>
    createHttp(env).send(
      { method: 'POST', url: `http://127.0.0.1:${port}/token?CNRY`, headers: {}, body: 'CNRY-body' },
      { timeoutMs },
    )
  const failure = async (work: Promise<unknown>): Promise<TokenctlError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!isTokenctlError(error)) throw new Error(`expected a TokenctlError, got ${String(error)}`)
    return error
  }

  it('tunnels by CONNECT, to plain http on loopback too, and shows the server no proxy password', async () => {
    const proxy = await start({ credentials: 'name:p@ss' })
    expect(await post({ http_proxy: proxy.url })).toMatchObject({ status: 200, body: '{"ok":1}' })
    expect(proxy.log).toEqual([`CONNECT 127.0.0.1:${port} 200`])
    expect(seen).toEqual(['POST /token?CNRY -'])
  })

  it('goes the direct way where NO_PROXY says so', async () => {
    const proxy = await start()
    await post({ http_proxy: proxy.url, no_proxy: '127.0.0.1' })
    expect(proxy.log).toEqual([])
  })

  it('follows several exchanges one after the other', async () => {
    const proxy = await start()
    for (let i = 0; i < 3; i += 1) expect((await post({ http_proxy: proxy.url })).status).toBe(200)
    expect(proxy.tunnels()).toBe(3)
  })

  it('407 without credentials: transient, in its own words, nothing sent', async () => {
    const proxy = await start({ credentials: 'name:CNRY' })
    const error = await failure(post({ http_proxy: `http://127.0.0.1:${proxy.port}` }))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
    expect(error.message).toContain('407')
    expect(error.message).toContain('wants a name and a password')
    expect(seen).toEqual([])
  })

  it('407 with the wrong ones never shows them', async () => {
    const proxy = await start({ credentials: 'name:right' })
    const error = await failure(post({ http_proxy: `http://CNRYname:CNRYpass@127.0.0.1:${proxy.port}` }))
    expect(error.message).toContain('did not accept')
    expect(`${error.message}${error.fix}${error.stack}${String(error.cause)}`).not.toContain('CNRY')
  })

  it.each([403, 502, 503])('a proxy that refuses with %i: transient', async status => {
    const proxy = await start({ refuseWith: status })
    const error = await failure(post({ http_proxy: proxy.url }))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
    expect(error.message).toContain(String(status))
  })

  it('a proxy that is not there: transient, and the proxy is named', async () => {
    const proxy = await start()
    await proxy.close()
    const error = await failure(post({ http_proxy: proxy.url }))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
    expect(error.message).toContain(`127.0.0.1:${proxy.port}`)
  })

  it('a proxy that hangs up on CONNECT: transient, for nothing went through', async () => {
    const rude = createTcpServer(socket => socket.once('data', () => socket.destroy()))
    await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
    const error = await failure(
      post({ http_proxy: `http://127.0.0.1:${(rude.address() as AddressInfo).port}` }),
    )
    await new Promise(resolve => rude.close(resolve))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
  })

  it('a proxy that says 200 and goes on talking: asked once, and ambiguous, for it said that the way was open', async () => {
    let asked = 0
    const rude = createTcpServer(socket =>
      socket
        .on('error', () => undefined)
        .once('data', () => {
          asked += 1
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
        }),
    )
    await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
    const at = `127.0.0.1:${(rude.address() as AddressInfo).port}`
    const error = await failure(post({ http_proxy: `http://${at}` }))
    await new Promise(resolve => rude.close(resolve))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
    expect(error.message).toContain(at)
    expect(asked).toBe(1)
  })

  it('a proxy that never answers: the deadline holds, and nothing was sent', async () => {
    const proxy = await start({ silent: true })
    expect(await failure(post({ http_proxy: proxy.url }, 150))).toMatchObject({
      code: 'NETWORK_FAILED',
      failure: 'transient',
    })
  })

  it('a server that breaks behind the tunnel: ambiguous', async () => {
    const rude = createTcpServer(socket => socket.once('data', () => socket.destroy()))
    await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
    const proxy = await start()
    const error = await failure(
      createHttp({ http_proxy: proxy.url }).send({
        method: 'POST',
        url: `http://127.0.0.1:${(rude.address() as AddressInfo).port}/`,
        headers: {},
        body: 'x',
      }),
    )
    await new Promise(resolve => rude.close(resolve))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
  })
})
