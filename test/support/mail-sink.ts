/**
 * A mail server for tests: keeps what it is sent, with or without TLS, with or without a login, and stops answering, or
 * answers what it is told, at any command. It talks to nobody.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { makeHome } from './temporary-home.ts'

export interface Taken {
  readonly from: string
  readonly to: readonly string[]
  /** The mail as it came, headers and all. */
  readonly data: string
  readonly secure: boolean
  readonly user: string | null
}

export interface SinkOptions {
  /** `none`: it knows no TLS. */
  readonly tls?: 'none' | 'starttls' | 'implicit'
  /** Mail is taken from this user alone. */
  readonly login?: { readonly user: string; readonly password: string }
  /** What it answers to a command (`RCPT`) in place of its own; null: nothing, ever. */
  readonly answers?: Readonly<Record<string, string | null>>
}

export interface MailSink {
  readonly port: number
  readonly taken: readonly Taken[]
  /** Every line that came, in the clear or not. */
  readonly lines: readonly string[]
}

export interface KeyPair {
  readonly key: Buffer
  readonly cert: Buffer
  readonly path: string
}

/** A key and a certificate for `localhost` that nobody vouches for; undefined where openssl is missing. */
export function localhostPair(): KeyPair | undefined {
  const { path, remove } = makeHome()
  process.once('exit', remove)
  const [key, cert] = [join(path, 'key.pem'), join(path, 'cert.pem')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const wanted = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ]
  try {
    execFileSync('openssl', [...wanted, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  } catch {
    if (process.env['CI'] === 'true') throw new Error('openssl must be installed in CI.')
    return undefined
  }
  return { key: readFileSync(key), cert: readFileSync(cert), path: cert }
}

/** Starts one on a free port of this machine; closed when the test is over. */
export async function startMailSink(options: SinkOptions = {}, pair?: KeyPair): Promise<MailSink> {
  const taken: Taken[] = []
  const lines: string[] = []
  const sockets = new Set<Socket>()
  const onSocket = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    new Session(socket, options, pair, taken, lines).greet()
  }
  const server =
    options.tls === 'implicit' && pair !== undefined
      ? createTlsServer({ key: pair.key, cert: pair.cert }, onSocket)
      : createServer(onSocket)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, taken, lines }
}

class Session {
  readonly #options: SinkOptions
  readonly #pair: KeyPair | undefined
  readonly #taken: Taken[]
  readonly #lines: string[]
  #socket: Socket
  #secure: boolean
  #received = ''
  #user: string | null = null
  #from = ''
  #to: string[] = []
  #data: string[] | undefined

  constructor(
    socket: Socket,
    options: SinkOptions,
    pair: KeyPair | undefined,
    taken: Taken[],
    lines: string[],
  ) {
    this.#socket = socket
    this.#options = options
    this.#pair = pair
    this.#taken = taken
    this.#lines = lines
    this.#secure = options.tls === 'implicit'
  }

  greet(): void {
    this.#listen()
    this.#answer('GREETING', '220 sink ESMTP')
  }

  #listen(): void {
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      this.#received += text
      for (let end = this.#received.indexOf('\r\n'); end !== -1; end = this.#received.indexOf('\r\n')) {
        const line = this.#received.slice(0, end)
        this.#received = this.#received.slice(end + 2)
        this.#lines.push(line)
        this.#take(line)
      }
    })
  }

  #answer(command: string, usual: string): void {
    const scripted = this.#options.answers?.[command]
    if (scripted !== null) this.#socket.write(`${scripted ?? usual}\r\n`)
  }

  #take(line: string): void {
    if (this.#data === undefined) this.#command(line)
    else this.#takeData(line)
  }

  #command(line: string): void {
    const [verb = ''] = line.toUpperCase().split(/[ :]/)
    const address = /<(.*)>/.exec(line)?.[1] ?? ''
    if (verb === 'EHLO') this.#answer(verb, this.#extensions())
    else if (verb === 'STARTTLS') this.#upgrade()
    else if (verb === 'AUTH') this.#login(line)
    else if (verb === 'MAIL' && this.#options.login !== undefined && this.#user === null)
      this.#answer(verb, '530 5.7.0 Authentication required')
    else {
      if (verb === 'MAIL') this.#from = address
      if (verb === 'RCPT') this.#to.push(address)
      if (verb === 'DATA' && this.#options.answers?.['DATA'] === undefined) this.#data = []
      this.#answer(verb, { DATA: '354 go ahead', QUIT: '221 bye' }[verb] ?? '250 ok')
    }
  }

  #extensions(): string {
    const offers = [
      ...(this.#options.tls === 'starttls' && !this.#secure ? ['STARTTLS'] : []),
      ...(this.#options.login === undefined ? [] : ['AUTH PLAIN']),
    ]
    return ['250-sink', ...offers.map(offer => `250-${offer}`), '250 8BITMIME'].join('\r\n')
  }

  #upgrade(): void {
    const isOffered = this.#options.tls === 'starttls' && this.#options.answers?.['STARTTLS'] === undefined
    this.#answer('STARTTLS', isOffered ? '220 go' : '502 5.5.1 unknown')
    if (this.#pair === undefined || !isOffered) return
    this.#socket.removeAllListeners('data')
    const { key, cert } = this.#pair
    this.#socket = new TLSSocket(this.#socket, { isServer: true, key, cert })
    this.#socket.on('error', () => undefined)
    this.#secure = true
    this.#received = ''
    this.#listen()
  }

  #login(line: string): void {
    const [, user = '', password = ''] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
      .toString('utf8')
      .split('\0')
    const { login } = this.#options
    const isRight = login !== undefined && user === login.user && password === login.password
    if (isRight) this.#user = user
    // As some real ones do, it quotes what it refuses.
    this.#answer('AUTH', isRight ? '235 welcome' : `535 5.7.8 wrong: ${user} ${password}`)
  }

  #takeData(line: string): void {
    if (line !== '.') {
      this.#data?.push(line.replace(/^\.\./, '.'))
      return
    }
    const data = (this.#data ?? []).join('\n')
    this.#data = undefined
    const isTaken = this.#options.answers?.['MESSAGE'] === undefined
    if (isTaken)
      this.#taken.push({ from: this.#from, to: this.#to, data, secure: this.#secure, user: this.#user })
    this.#answer('MESSAGE', '250 taken')
  }
}
