/**
 * What a seller sees of a consent: which app asks, for what, and as whom. Shop tools' tests drive it by the names of
 * its fields: `seller` (one radio button each), `decision` (`agree`, `decline`), and the link `switch`.
 */
import { escapeHtml, htmlReply } from './html.ts'
import type { SeedApp } from './seed.ts'
import type { Reply } from './wire.ts'

/** A seller who can sign in. */
export interface Offer {
  readonly name: string
  /** The account this seller has with the app already; null for a newcomer. */
  readonly account: string | null
}

export interface ConsentView {
  /** The marketplace by name. */
  readonly title: string
  readonly app: SeedApp
  readonly scopes: readonly string[]
  /** Who the browser is signed in as, which leaves no choice. */
  readonly session: string | undefined
  readonly sellers: readonly Offer[]
  /** Where the form goes: the page's own address. */
  readonly action: string
  /** Where the choice is to be had; absent where the marketplace has no such link. */
  readonly switchAddress: string | undefined
  /** The origins that the form may end at. */
  readonly formTargets: readonly string[]
}

function who({ session, sellers, switchAddress }: ConsentView): string {
  if (session !== undefined) {
    const link =
      switchAddress === undefined
        ? ''
        : ` <a id="switch" href="${escapeHtml(switchAddress)}">Switch account</a>`
    const name = escapeHtml(session)
    return `<p>Signed in as <strong>${name}</strong>.${link}</p>\n<input type="hidden" name="seller" value="${name}">`
  }
  const choices = sellers.map(({ name, account }) => {
    const text = escapeHtml(name)
    const known = account === null ? 'has not consented to this app' : account
    return `<label><input type="radio" name="seller" value="${text}" required> ${text} <small>${escapeHtml(known)}</small></label>`
  })
  return `<fieldset><legend>Sign in as</legend>\n${choices.join('\n')}\n</fieldset>`
}

/** The page. */
export function consentPage(view: ConsentView): Reply {
  const { title, app, scopes, action, formTargets } = view
  const id = app.keys['applicationId'] ?? app.keys['clientId'] ?? app.keys['appKey'] ?? ''
  const wanted =
    scopes.length === 0
      ? '<p>It asks for access to your shop.</p>'
      : `<p>It asks for:</p>\n<ul>${scopes.map(scope => `<li><code>${escapeHtml(scope)}</code></li>`).join('')}</ul>`
  const main = `<p>The app <strong>${escapeHtml(app.name)}</strong> <small><code>${escapeHtml(id)}</code></small>
wants to act for you at ${escapeHtml(title)}.</p>
${wanted}
<form method="post" action="${escapeHtml(action)}">
${who(view)}
<button name="decision" value="agree">Agree</button><button name="decision" value="decline" formnovalidate>Decline</button>
</form>
<p><small>This is a simulation on your own machine. Nothing in it is real.</small></p>`
  const detail = view.session === undefined ? 'asks who it is' : `signed in as ${view.session}`
  return htmlReply(200, { title: `${title}: grant access`, main, formTargets }, 'consent page', { detail })
}
