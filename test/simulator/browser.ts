/**
 * A browser as small as the consent pages need: it follows no redirect, keeps one cookie for each path, and presses the
 * button of a form that it was shown.
 */

export interface Shown {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** Where a redirect leads; null where there is none. */
  readonly location: URL | null
}

const unescaped = (text: string) =>
  text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))

/** The values of an attribute, on tags that a pattern finds. */
export function attributes(body: string, tag: RegExp, name: string): string[] {
  const tags = body.match(tag) ?? []
  return tags.flatMap(each => {
    const value = new RegExp(` ${name}="([^"]*)"`).exec(each)?.[1]
    return value === undefined ? [] : [unescaped(value)]
  })
}

export class Browser {
  readonly #cookies = new Map<string, string>()

  /** Opens an address, or sends a form there. */
  async open(address: string, form?: Readonly<Record<string, string>>): Promise<Shown> {
    const url = new URL(address)
    const cookie = this.#cookies.get(url.origin + url.pathname)
    const reply = await fetch(url, {
      redirect: 'manual',
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        ...(cookie !== undefined && { cookie }),
        ...(form !== undefined && { origin: url.origin }),
      },
      ...(form !== undefined && { body: new URLSearchParams(form) }),
    })
    const set = /^([^;]+); Path=([^;]+)/.exec(reply.headers.get('set-cookie') ?? '')
    if (set !== null) this.#cookies.set(`${url.origin}${set[2]}`, set[1] ?? '')
    const location = reply.headers.get('location')
    const { status, headers } = reply
    return {
      status,
      headers,
      body: await reply.text(),
      location: location === null ? null : new URL(location, url),
    }
  }

  /** Opens a consent page and answers it; a seller who is signed in already stays. */
  async consent(address: string, seller: string | null, decision = 'agree'): Promise<Shown> {
    const { body } = await this.open(address)
    const action = attributes(body, /<form [^>]*>/g, 'action')[0] ?? ''
    const signedIn = attributes(body, /<input type="hidden" name="seller"[^>]*>/g, 'value')[0]
    const who = signedIn ?? seller
    return this.open(new URL(action, address).href, { decision, ...(who !== null && { seller: who }) })
  }
}
