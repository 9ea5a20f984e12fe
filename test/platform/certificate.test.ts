/** The issuer's name of a certificate that nobody vouches for; and silence where nothing shows one. */
import { type AddressInfo, createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { certificateIssuer } from '../../src/platform/certificate.ts'
import { selfSigned } from '../support/self-signed.ts'

async function listen(server: Server): Promise<number> {
  server.on('connection', socket => socket.on('error', () => socket.destroy()))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test.each([
  ['/CN=Example Inspection CA/O=Example', 'Example Inspection CA'],
  ['/O=Example', 'Example'],
  ['/CN=\u202eAC elpmaxE\u001b[2J', ' AC elpmaxE [2J'],
])('of %j it is told, without what could harm a screen', async (subject, name) => {
  const pair = selfSigned(subject)
  if (pair === undefined) return
  const received: Buffer[] = []
  const server = createTlsServer(pair, socket => socket.on('data', chunk => received.push(chunk)))
  expect(await certificateIssuer('127.0.0.1', await listen(server))).toBe(name)
  expect(received).toEqual([])
})

test('nothing that speaks TLS, nothing that listens', async () => {
  const port = await listen(createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  expect(await certificateIssuer('127.0.0.1', port)).toBeUndefined()
  const closed = createServer()
  const free = await listen(closed)
  await new Promise(resolve => closed.close(resolve))
  expect(await certificateIssuer('127.0.0.1', free)).toBeUndefined()
})
