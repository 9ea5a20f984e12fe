/** What is answered on a loopback port, and to whom. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type LoopbackServer, loopbackListen, serveLoopback } from '../../src/platform/loopback-server.ts'

const open: LoopbackServer[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const answer = (path: string) =>
  path === '/here' ? { status: 200, type: 'text/plain', body: 'hällo\n' } : undefined

async function start(host = '127.0.0.1'): Promise<LoopbackServer> {
  const server = await serveLoopback({ host, port: 0 }, answer)
  open.push(server)
  return server
}

interface Got {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function get(port: number, path: string, options: object = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, ...options }, response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        body += piece
      })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

describe('what is asked for plainly', () => {
  test('is answered, whatever query comes with it', async () => {
    const { port } = await start()
    for (const path of ['/here', '/here?x=1']) {
      expect(await get(port, path)).toMatchObject({
        status: 200,
        body: 'hällo\n',
        headers: { 'content-type': 'text/plain', 'cache-control': 'no-store', 'content-length': '7' },
      })
    }
    expect(await get(port, '/here', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
    expect(await get(port, '/there')).toMatchObject({ status: 404 })
  })

  test.each<[string, object, number]>([
    ['a name that leads here', { headers: { host: 'evil.example' } }, 400],
    ['a page’s script', { headers: { origin: 'https://evil.example' } }, 400],
    ['POST', { method: 'POST' }, 405],
    ['DELETE', { method: 'DELETE' }, 405],
  ])('%s is refused', async (_, options, status) => {
    const { port } = await start()
    const got = await get(port, '/here', options)
    expect(got.status).toBe(status)
    expect(got.body).not.toContain('hällo')
  })

  test('what is no HTTP gets nothing, and harms nobody', async () => {
    const { port } = await start()
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('\u0000\u0001 nonsense\r\n\r\n')
    await new Promise(resolve => socket.once('close', resolve))
    expect((await get(port, '/here')).status).toBe(200)
  })
})

test('closing ends connections that are kept open', async () => {
  const { port, close } = await start()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await new Promise(resolve => socket.once('connect', resolve))
  const gone = new Promise(resolve => socket.once('close', resolve))
  await close()
  await gone
  await close()
})

test('a port that is taken is said', async () => {
  const { port } = await start()
  await expect(serveLoopback({ host: '127.0.0.1', port }, answer)).rejects.toMatchObject({
    code: 'USAGE',
    message: `Nothing can listen on 127.0.0.1:${port}: another program has that port.`,
  })
})

describe('an address', () => {
  test.each([
    ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
    ['127.1.2.3:0', { host: '127.1.2.3', port: 0 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['localhost:65535', { host: '127.0.0.1', port: 65_535 }],
  ])('%s is one', (text, listen) => {
    expect(loopbackListen(text, '--listen')).toEqual(listen)
  })

  test.each([
    '',
    ':9464',
    '9464',
    '0.0.0.0:1',
    '10.0.0.1:1',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.999:1',
    '127.0.0.1:80:90',
    'localhost.evil.example:1',
    '[::]:1',
    '::1:1',
    'http://127.0.0.1:1',
    '127.0.0.1:9464/metrics',
  ])('%j is none', text => {
    expect(() => loopbackListen(text, '--listen')).toThrow('--listen takes a loopback address with a port.')
  })
})
