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
  const { out } = world.terminal
  out(
    `${adapter.title}, account ${name}: only the seller can consent anew, on ${adapter.title}'s own pages.\n\n`,
  )
  out(`1. Your developer keys, if they are not entered yet: tokenctl app set ${adapter.id}\n`)
  out(`2. ${adapter.consentSteps}\n   How ${adapter.title} describes it: ${adapter.docs}\n`)
  if (adapter.id === 'amazon') {
    out(`3. Hand the token over: ${adapter.consentCommand(name)}\n`)
  } else {
    out(
      '3. Your integration exchanges the code that comes back for a refresh token. Put that token and the day into a file:\n',
    )
    out(`   ${documentFor(account)}\n   and hand it over: tokenctl import --replace < the-file.json\n`)
  }
  out(
    `\nA shop that hangs on a multi-channel platform needs none of this: tokenctl track ${account} --consented DATE\n`,
  )
  return 3
}

function documentFor(account: string): string {
  return JSON.stringify({ version: 1, accounts: [{ account, refreshToken: '…', consentAt: 'YYYY-MM-DD' }] })
}
