/**
 * The half-way stop of Amazon's consent: before it gives a code, Amazon may open the app's own log-in page (the Log-in URI
 * that the app was registered with) and leave it to that page to send the browser on. tokenctl has no such page; from
 * what the browser was sent there with it makes the address to go on to. It leads to Amazon's own page for this very app,
 * or nowhere: else whoever gets a person to paste an address could choose where the browser goes.
 */
import { TokenctlError } from '../../errors.ts'
import { authorizeAddress } from '../../oauth/authorization-code.ts'
import type { ConsentRequest } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import type { Parameters } from '../redirect.ts'
import { SELLER_CENTRALS } from './seller-central.ts'

// `amazon.com` stands in the pages' example, Seller Central's own hosts in live addresses (amzn/selling-partner-api-models
// issues 2088 and 4119). https://developer-docs.amazon.com/sp-api/docs/website-authorization-workflow, checked 23 Nov 2026
const CONFIRM_HOSTS = ['amazon.com', ...SELLER_CENTRALS.map(({ host }) => host)]
const CONFIRM_PATH = '/apps/authorize/confirm/'

/**
 * The address to go on to, with our `state`; undefined when the answer is no half-way stop.
 *
 * @throws {USAGE} when it leads elsewhere.
 * @see https://developer-docs.amazon.com/sp-api/docs/website-authorization-workflow
 */
export function onward(parameters: Parameters, request: ConsentRequest): string | undefined {
  const callback = parameters.get('amazon_callback_uri')
  if (callback === undefined || parameters.has('spapi_oauth_code')) return undefined
  const page = confirmPage(callback, request)
  const amazonState = parameters.get('amazon_state')
  if (page === undefined || amazonState === undefined) throw elsewhere()
  const redirectUri = request.app['redirectUri']?.reveal()
  const isDraft = request.isDraft || parameters.get('version') === 'beta'
  return authorizeAddress(page, [
    ...(redirectUri === undefined ? [] : [['redirect_uri', redirectUri] as const]),
    ['amazon_state', amazonState],
    ['state', request.state.reveal()],
    ...(isDraft ? [['version', 'beta'] as const] : []),
  ])
}

/** The page, when it is Amazon's and this app's, and carries nothing else. */
function confirmPage(callback: string, { app, destination }: ConsentRequest): string | undefined {
  if (!URL.canParse(callback)) return undefined
  const { origin, pathname } = new URL(callback)
  const isAmazons =
    destination.environment === 'local'
      ? origin === destination.origin
      : CONFIRM_HOSTS.some(host => origin === `https://${host}`)
  const isTheApps = pathname === `${CONFIRM_PATH}${requireAppKey(app, 'applicationId', 'amazon').reveal()}`
  return isAmazons && isTheApps && callback === `${origin}${pathname}` ? callback : undefined
}

function elsewhere(): TokenctlError {
  return new TokenctlError('USAGE', "The address does not lead on to Amazon's page for this app.", {
    fix: "Compare `applicationId` with Amazon's developer console (`tokenctl app set amazon`), and run the login again. Nothing was changed.",
  })
}
