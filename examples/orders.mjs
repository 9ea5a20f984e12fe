// Prints how many eBay orders each shop had in the last 90 days: what a program does that keeps shops in sync.
//
//   node orders.mjs                 every eBay account of this machine's tokenctl
//
// EBAY_API is where it asks: https://api.ebay.com, unless you set the address of `tokenctl simulate`.
// What fails goes to standard error and stops no other shop. Ends with tokenctl's own status (`tokenctl help exit-codes`), the
// most serious of several, and with 3 where no eBay account is connected; with 4 where eBay refuses.
import { accessToken, isTokenctlError, openVault, renewAccount, status } from 'tokenctl'

const api = process.env.EBAY_API ?? 'https://api.ebay.com'

/** Most serious first, as tokenctl has it. */
const GRAVITY = [1, 5, 3, 4, 2]
const seen = []

function failed(what, error) {
  if (isTokenctlError(error)) console.error(`${what}: ${error.message} ${error.fix}`)
  else console.error(`${what}: ${error.message}`)
  seen.push(isTokenctlError(error) ? error.exit : 4)
}

/** How many orders an account has, as eBay counts them. */
async function countOrders(vault, account) {
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

const vault = openVault({ onNote: note => console.error(note) })
try {
  const { accounts } = await status(vault, ['ebay'])
  if (accounts.length === 0) {
    console.error('No eBay account is connected: `tokenctl login ebay`.')
    seen.push(3)
  }
  for (const { account, state } of accounts) {
    try {
      if (state === 'due') console.log(`${account}: ${(await renewAccount(vault, account)).message}`)
      console.log(`${account}: ${await countOrders(vault, account)} orders`)
    } catch (error) {
      failed(account, error)
    }
  }
} catch (error) {
  failed('tokenctl', error)
} finally {
  await vault.close()
}
process.exitCode = GRAVITY.find(exit => seen.includes(exit)) ?? 0
