/**
 * The two pages that a browser can get from the loopback listener. They are constants: nothing of a request is ever in
 * them, they load nothing, run nothing, link nowhere, and may be neither kept nor framed.
 */
import { createHash } from 'node:crypto'

/** A whole answer, byte for byte the same each time. */
export interface LoopbackPage {
  readonly status: 200 | 400
  readonly headers: Readonly<Record<string, string>>
  readonly html: string
}

const STYLE = `
:root { color-scheme: light dark; --paper: #fbfaf8; --ink: #1d1c1a; --soft: #57534e; --edge: #dedad3; --mark: #17734a }
:root.refused { --mark: #a3540a }
@media (prefers-color-scheme: dark) {
  :root { --paper: #171614; --ink: #f0ede8; --soft: #b5afa6; --edge: #393632; --mark: #5fcf98 }
  :root.refused { --mark: #f0a65a }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
main { max-width: 33rem; width: 100%; padding: 2rem; border: 1px solid var(--edge); border-top: 4px solid var(--mark);
  border-radius: 8px }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance }
p { margin: .75rem 0 0 }
.name { margin: 0 0 1.5rem; color: var(--mark); font: 600 .9375rem/1 ui-monospace, Consolas, Menlo, monospace }
.soft { color: var(--soft) }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

// RFC 9700 sections 4.2.4 and 4.3.1: the address holds the code, so it goes to nobody by Referer and rests in no cache.
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  Connection: 'close',
} as const

/** When the answer was taken. What came of it only the terminal knows: it may be that the seller refused. */
export const TAKEN_PAGE = page(200, {
  title: 'The answer has arrived',
  first: 'tokenctl has it. <strong>Go back to the terminal</strong>: it says what came of it.',
  second: 'This page can be closed.',
})

/** For everything else. The login goes on waiting, and an honest person who came here by an old tab is told so. */
export const REFUSED_PAGE = page(400, {
  title: 'This is not the answer that is awaited',
  first: 'Nothing was taken, and the login goes on waiting. <strong>Go back to the terminal</strong>.',
  second: 'It happens with a tab of an earlier login. Open the address that the terminal shows now.',
})

interface Words {
  readonly title: string
  readonly first: string
  readonly second: string
}

function page(status: 200 | 400, { title, first, second }: Words): LoopbackPage {
  const html = `<!doctype html>
<html lang="en"${status === 200 ? '' : ' class="refused"'}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - tokenctl</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="name">tokenctl</p>
<h1>${title}</h1>
<p>${first}</p>
<p class="soft">${second}</p>
</main>
</body>
</html>
`
  return { status, html, headers: { ...HEADERS, 'Content-Length': String(Buffer.byteLength(html)) } }
}
