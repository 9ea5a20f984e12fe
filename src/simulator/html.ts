/**
 * The simulator's web pages: static, without script, and nothing from elsewhere in them. What came in a request gets
 * into a page by `escapeHtml` alone.
 */
import type { Reply, Whom } from './wire.ts'

/** A text as it stands in HTML, between tags or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, each => `&#${each.charCodeAt(0)};`)
}

const STYLE = `body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}
:root{color-scheme:light dark}
small{opacity:.75}fieldset{margin:1.5rem 0;padding:.75rem 1rem}label{display:block;padding:.25rem 0}
button{font:inherit;padding:.5rem 1.5rem;margin-right:.75rem}code{overflow-wrap:anywhere}`

export interface Page {
  readonly title: string
  /** HTML, whatever came from a request escaped in it. */
  readonly main: string
  /** Where a form on it may lead, beside the simulator itself: browsers hold the redirect after it to this too. */
  readonly formTargets?: readonly string[]
}

/** The page as an answer, which the log knows by its outcome. */
export function htmlReply(
  status: number,
  page: Page,
  outcome: string,
  whom: Whom = {},
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const title = escapeHtml(page.title)
  const targets = page.formTargets === undefined ? "'none'" : ["'self'", ...page.formTargets].join(' ')
  return {
    status,
    headers: {
      'content-type': 'text/html;charset=UTF-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; form-action ${targets}; frame-ancestors 'none'`,
      // Not `no-referrer`: a browser would send its form with `Origin: null`, as it does for a stranger's page.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${STYLE}</style></head>
<body><main><h1>${title}</h1>
${page.main}
</main></body></html>
`,
    outcome,
    detail: null,
    account: null,
    generation: null,
    ...whom,
  }
}
