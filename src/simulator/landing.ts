/**
 * Where a consent leads that has no other place to go: a page that says what to do with its own address. It shows
 * nothing of that address, as any landing page should that is handed a code.
 */
import { htmlReply } from './html.ts'
import type { Reply } from './wire.ts'

/** Its path. */
export const LANDING = '/_simulator/landed'

/** The page; the same for every address. */
export function landingPage(): Reply {
  const main = `<p>The marketplace has answered. <strong>Copy the whole address of this page</strong> from the
address bar, and paste it where tokenctl asks for it. The code in it is good for a few minutes, and once.</p>
<p><small>This page belongs to the simulator. With your own app it is the page that you registered there.</small></p>`
  return htmlReply(
    200,
    { title: 'Back from the simulated marketplace', main },
    'landed',
    {},
    {
      'referrer-policy': 'no-referrer',
    },
  )
}
