/** One request and one answer. Replaced by the working client; the shapes stand. */
export interface HttpRequest {
  readonly method: 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface HttpResponse {
  readonly status: number
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  /** Decoded, 64 KiB at most. */
  readonly body: string
}

/**
 * The one way onto the network.
 *
 * `send` throws TokenctlError NETWORK_FAILED with `failure: 'transient'` when the request certainly never reached
 * the server (DNS, connect, TLS, proxy refusal), and with `failure: 'ambiguous'` when it may have (reset, time-out
 * after sending, body cut short); REPLY_MALFORMED with `failure: 'ambiguous'` for a redirect, a body over the cap.
 */
export interface Http {
  send(request: HttpRequest, options?: { readonly timeoutMs?: number }): Promise<HttpResponse>
}
