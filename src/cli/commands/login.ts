/**
 * `tokenctl login`: how the seller consents anew. It leads a person through the vendor's own pages and says how the
 * new token is handed over; the answer of the browser is not caught here. Ends with 3: a person must act.
 */

import { DEFAULT_NAME, formatAccount, parseAccount, parseName } from '../../tokens/account.ts'
import type { Exit } from '../exit.ts'
import { rulesOf } from '../rules.ts'
import type { World } from '../world.ts'

export async function loginRun(
  options: { readonly marketplace: string; readonly name: string | undefined },
  world: World,
): Promise<Exit> {
  const word = parseAccount(options.marketplace)
  const name = options.name === undefined ? (word.name ?? DEFAULT_NAME) : parseName(options.name)
  const adapter = rulesOf(world.settings()).adapterOf(word.marketplace)
  const account = formatAccount({ marketplace: adapter.id, name })
  world.terminal.out(
    `${adapter.title}, account ${name}: a new consent takes the seller, in ${adapter.title}'s own pages.\n\n`,
  )
  world.terminal.out(`${adapter.consentSteps}\n\n`)
  world.terminal.out(
    adapter.id === 'amazon'
      ? `Then hand the token over: ${adapter.consentCommand(name)}\n`
      : `Then hand the token over, on standard input of \`tokenctl import --replace\`:\n  ${documentFor(account)}\n`,
  )
  return 3
}

function documentFor(account: string): string {
  return JSON.stringify({ version: 1, accounts: [{ account, refreshToken: '…', consentAt: 'YYYY-MM-DD' }] })
}
