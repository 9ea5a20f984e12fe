/** Catches what an adapter's request becomes on its way to a production address, and plays the client for it. */
import nock from 'nock'
import type { HttpRequest, HttpResponse } from '../../src/platform/http.ts'

export interface Caught {
  readonly method: string
  readonly url: string
  readonly body: string
  /** Those that an adapter decides; the client adds its own. */
  readonly headers: Readonly<Record<string, string>>
}

const DECIDED = ['content-type', 'accept', 'authorization']

/** Answers one POST to that path, and puts down what came, byte for byte. */
export function catchRefresh(
  origin: string,
  path: string,
  status: number,
  reply: object | string,
  into: Caught[],
): void {
  nock(origin)
    .post(path)
    .reply(function answerIt(uri, body) {
      const headers = Object.entries(this.req.headers)
        .filter(([name]) => DECIDED.includes(name))
        .map(([name, value]) => [name, String(value)])
      into.push({
        method: this.req.method,
        url: `${origin}${uri}`,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: Object.fromEntries(headers),
      })
      return [status, reply, { 'content-type': 'application/json' }]
    })
}

/** Sends an adapter's request as it is, by the one function that nock sees. */
export async function sendWithFetch({ method, url, headers, body }: HttpRequest): Promise<HttpResponse> {
  const sent = method === 'GET' ? {} : { body }
  const response = await globalThis.fetch(url, { method, headers, ...sent, redirect: 'error' })
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  }
}
