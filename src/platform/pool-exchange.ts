/**
 * One exchange over a kept connection: what undici tells of it, turned into an answer or into an exact word on what its
 * failure means. It sees the moment at which its request is written, so it knows what cannot have been sent; and it lets a
 * request be written once only, whatever the pool would do.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { HttpResponse } from './http.ts'
import { isRedirect, LONGEST_BODY_BYTES, refusedRedirect, tooLong } from './http-rules.ts'
import { brokenOff, cutShort, neverSent, neverTaken, tookTooLong } from './network-failure.ts'
import { codingsOf, unpack } from './unpack.ts'

/** What is asked of an exchange. */
export interface PoolExchangeTerms {
  readonly url: URL
  /** From now to the body's last byte, the wait for a connection included, in milliseconds. */
  readonly timeoutMs: number
  readonly statusOnly: boolean
  readonly resolve: (answer: HttpResponse) => void
  readonly reject: (error: Error) => void
}

// What packs tokens badly adds less than this to them.
const LONGEST_PACKED_BYTES = LONGEST_BODY_BYTES + 1024

const NOTHING = Buffer.alloc(0)

type Controller = Dispatcher.DispatchController

/** The handler that a pool is given with a request; it settles the promise of its terms exactly once. */
export class PoolExchange implements Dispatcher.DispatchHandler {
  readonly #terms: PoolExchangeTerms
  readonly #timer: NodeJS.Timeout
  #isOver = false
  /** Set when writing begins: from then on anything may have reached the server. */
  #controller: Controller | undefined
  #status = 0
  #headers: Record<string, string> = {}
  #codings: readonly string[] = []
  #chunks: Buffer[] = []
  #length = 0

  constructor(terms: PoolExchangeTerms) {
    this.#terms = terms
    this.#timer = setTimeout(() => this.#passed(), terms.timeoutMs)
  }

  onRequestStart(controller: Controller): void {
    // Thrown just before undici would write: it then takes the request off its list and leaves the connection whole.
    if (this.#isOver) throw new Error('nobody waits for this request any more')
    if (this.#controller !== undefined) throw new Error('a request is never written twice')
    this.#controller = controller
  }

  onResponseStart(_: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (this.#isOver || status < 200) return
    if (isRedirect(status)) {
      this.#fail(refusedRedirect(this.#terms.url, headers['location']))
      return
    }
    this.#status = status
    this.#headers = joined(headers)
    const encoding = this.#headers['content-encoding']
    if (encoding !== undefined) this.#codings = codingsOf(encoding)
    if (this.#terms.statusOnly) this.#answer({ body: '' }, true)
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    if (this.#isOver) return
    this.#length += chunk.length
    this.#chunks.push(chunk)
    const longest = this.#codings.length === 0 ? LONGEST_BODY_BYTES : LONGEST_PACKED_BYTES
    if (this.#length > longest) this.#end(tooLong(this.#terms.url.host), true)
  }

  onResponseEnd(): void {
    if (!this.#isOver) this.#end(undefined, false)
  }

  onResponseError(_: Controller | undefined, error: Error): void {
    if (this.#isOver) return
    const { host } = this.#terms.url
    if (this.#status !== 0) this.#end(cutShort(error, host), false)
    else this.#fail(this.#controller === undefined ? neverSent(error, host) : brokenOff(error, host))
  }

  #passed(): void {
    if (this.#isOver) return
    const { url, timeoutMs } = this.#terms
    const late = this.#controller === undefined ? neverTaken : tookTooLong
    if (this.#status === 0) this.#fail(late(url.host, timeoutMs))
    else this.#end(tookTooLong(url.host, timeoutMs), true)
  }

  /** The body is over, or nobody waits for more of it. */
  #end(cut: HttpResponse['cut'], isLeft: boolean): void {
    const [first = NOTHING] = this.#chunks
    const came = this.#chunks.length <= 1 ? first : Buffer.concat(this.#chunks)
    if (this.#codings.length === 0) {
      const body = textOf(came.length > LONGEST_BODY_BYTES ? came.subarray(0, LONGEST_BODY_BYTES) : came)
      this.#answer(cut === undefined ? { body } : { body, cut }, isLeft)
    } else {
      this.#settle(isLeft)
      void this.#unpacked(came, cut)
    }
  }

  async #unpacked(packed: Buffer, cut: HttpResponse['cut']): Promise<void> {
    const { url, resolve } = this.#terms
    const { bytes, isLonger, error } = await unpack(packed, this.#codings, LONGEST_BODY_BYTES)
    const broken = error === undefined ? cut : (cut ?? cutShort(error, url.host))
    const why = isLonger ? tooLong(url.host) : broken
    const body = textOf(bytes)
    resolve({ status: this.#status, headers: this.#headers, body, ...(why && { cut: why }) })
  }

  #answer(body: Pick<HttpResponse, 'body' | 'cut'>, isLeft: boolean): void {
    this.#settle(isLeft)
    this.#terms.resolve({ status: this.#status, headers: this.#headers, ...body })
  }

  #fail(error: Error): void {
    this.#settle(true)
    this.#terms.reject(error)
  }

  /** @param isLeft whether more may come, so that the connection can serve nobody else. */
  #settle(isLeft: boolean): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    if (isLeft) this.#controller?.abort(new Error('nobody waits for the rest'))
  }
}

/** As `fetch` joins them: several of one name with a comma, but of `set-cookie` the last. */
function joined(headers: IncomingHttpHeaders): Record<string, string> {
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (typeof value !== 'string') headers[name] = name === 'set-cookie' ? value?.at(-1) : value?.join(', ')
  }
  return headers as Record<string, string>
}

/** As `TextDecoder` has it: without a byte order mark, invalid bytes as replacement characters. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString()
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}
