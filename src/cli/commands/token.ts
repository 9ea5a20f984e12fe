/**
 * `tokenctl token`: one access token on standard output and nothing else, for scripts. On a screen only where a person
 * says so. One of the few places where a token leaves its `Secret` (I2): it goes to standard output and nowhere else.
 */
import { TokenctlError } from '../../errors.ts'
import type { LostWords } from '../../platform/terminal.ts'
import { toIso } from '../../tokens/time.ts'
import type { Exit } from '../exit.ts'
import { renderJson } from '../render/json.ts'
import { accountsMeant, deliverTokens, liveTokens, minValidOf } from '../scripts/live-tokens.ts'
import type { TokenReport } from '../shapes/token-shape.ts'
import type { World } from '../world.ts'

export interface TokenOptions {
  readonly account: string
  readonly minValid?: string
  readonly reveal?: boolean
  readonly json?: boolean
}

export async function tokenRun(
  { account, minValid, reveal, json }: TokenOptions,
  world: World,
): Promise<Exit> {
  if (world.terminal.outIsTerminal && reveal !== true) throw wouldStay(account)
  const minValidMs = minValidOf(minValid)
  const meant = await accountsMeant([account], 'token', world)
  const tokens = await liveTokens(meant, { minValidMs, before: 'a token was printed' }, world)
  const texts: string[] = []
  for (const { header, accessToken, expiresAt } of tokens) {
    const report: TokenReport = {
      version: 1,
      account: header.account,
      token: accessToken.reveal(),
      type: 'bearer',
      expiresAt: toIso(expiresAt),
    }
    texts.push(json === true ? renderJson(report) : `${report.token}\n`)
  }
  try {
    await world.terminal.deliver(texts.join(''), lost(account))
  } finally {
    await deliverTokens(tokens, world)
  }
  return 0
}

const shownWord = (account: string) => (/^[a-z0-9:-]{1,30}$/.test(account) ? account : 'ebay:main')

function lost(account: string): LostWords {
  const shown = shownWord(account)
  return {
    what: 'The token did not arrive',
    fix: `It is stored, and \`tokenctl token ${shown}\` prints it again. Only to learn whether there is one: \`tokenctl exec ${shown} -- true\`.`,
  }
}

function wouldStay(account: string): TokenctlError {
  const shown = shownWord(account)
  return new TokenctlError('USAGE', "A token on the screen would stay in the terminal's scroll-back.", {
    fix: `Send it where it is needed: \`tokenctl token ${shown} | …\`, or \`tokenctl exec ${shown} -- …\`. To see it here: \`--reveal\`.`,
  })
}
