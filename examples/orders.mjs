// Prints how many eBay orders each shop had in the last 90 days: what a program does that keeps shops in sync.
//
//   node orders.mjs                 every eBay account of this machine's tokenctl
//
// EBAY_API is where it asks: https://api.ebay.com, unless you set the address of `tokenctl simulate`.
// Ends with tokenctl's own status where there is no token (`tokenctl help exit-codes`), with 1 where eBay refuses.
import { accessToken, isTokenctlError, openVault, renewAccount, status } from 'tokenctl'

const api = process.env.EBAY_API ?? 'https://api.ebay.com'
const vault = openVault({ onNote: note => console.error(note) })

/** How many orders an account has, as eBay counts them. */
async function countOrders(account) {
  // From the store while it lives; else one refresh, whoever else asks for it at the same time.
  const { token } = await accessToken(vault, account)
  const response = await fetch(`${api}/sell/fulfillment/v1/order?limit=1`, {
    headers: { authorization: `Bearer ${token.reveal()}` },
    redirect: 'error',
    signal: AbortSignal.timeout(60_000),
  })
  if (!response.ok) throw new Error(`eBay answered ${response.status}.`)
  return (await response.json()).total
}

try {
  const { accounts } = await status(vault, ['ebay'])
  for (const { account, state } of accounts) {
    if (state === 'due') console.log(`${account}: ${(await renewAccount(vault, account)).message}`)
    try {
      console.log(`${account}: ${await countOrders(account)} orders`)
    } catch (error) {
      // One shop's trouble stops no other.
      console.log(`${account}: ${error.message}${isTokenctlError(error) ? ` ${error.fix}` : ''}`)
      process.exitCode = isTokenctlError(error) ? error.exit : 1
    }
  }
} finally {
  await vault.close()
}
