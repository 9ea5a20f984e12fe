/**
 * Receivers of delivered tokens: the example that we show to others, as a child and as functions; and a server that does
 * whatever a test says. Never sleeps.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { temporaryHome } from './temporary-home.ts'
import { NODE } from './tokenctl.ts'

/** The folder of the example. */
export const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'receiver')

interface SignedRequest {
  readonly signature: string | undefined
  readonly body: Buffer
  readonly keys: readonly Buffer[]
  readonly now: number
}

/** The example's check of a signature. */
export const { verify } = (await import(join(EXAMPLE, 'verify.mjs'))) as {
  readonly verify: (request: SignedRequest) => 'genuine' | 'malformed' | 'stale' | 'forged'
}

/** The example's store. */
export const { store } = (await import(join(EXAMPLE, 'store.mjs'))) as {
  readonly store: (
    folder: string,
    document: unknown,
    now: number,
  ) => { readonly outcome: 'stored' | 'already' | 'older' | 'unfit'; readonly problem?: string }
}

export interface ExampleReceiver {
  readonly url: string
  readonly folder: string
  readonly child: ChildProcess
  /** What it printed, a line a request. */
  readonly lines: readonly string[]
  /** Writes the keys that it takes. */
  setKeys(...keys: readonly string[]): void
}

/** Starts the example; ended when the test is over. */
export async function startExample(port = 0): Promise<ExampleReceiver> {
  const folder = join(temporaryHome(), 'tokens')
  const keyFile = join(temporaryHome(), 'keys')
  const child = spawn(NODE, [join(EXAMPLE, 'receiver.mjs')], {
    env: { PATH: '/nonexistent', RECEIVER_KEY_FILE: keyFile, RECEIVER_FOLDER: folder, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  const [url] = (await once(reader, 'line')) as [string]
  reader.on('line', line => lines.push(line))
  const setKeys = (...keys: readonly string[]) => writeFileSync(keyFile, keys.map(key => `${key}\n`).join(''))
  setKeys()
  return { url, folder, child, lines, setKeys }
}

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface ScriptedReceiver {
  readonly origin: string
  readonly received: readonly Received[]
  close(): Promise<void>
}

/** A server that answers as the test says, once the whole request is there; closed when the test is over. */
export async function startReceiver(
  answer: (response: ServerResponse, request: Received) => void,
  port = 0,
): Promise<ScriptedReceiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    const whole = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
    received.push(whole)
    answer(response, whole)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise<void>(resolve => server.close(() => resolve()))
  }
  onTestFinished(close)
  const { port: own } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${own}`, received, close }
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => server.close(() => resolve()))
  return port
}
