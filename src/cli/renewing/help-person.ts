/** At a terminal, after a renewal that only a person can finish: the person is there, so it is offered at once. */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import { assess } from '../../renewal/assess.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import { formatAccount } from '../../tokens/account.ts'
import type { Vault } from '../../vault/vault.ts'
import { recordRenewed } from '../commands/track.ts'
import { presentProblem } from '../render/error.ts'
import { folded } from '../render/fold.ts'
import { consentsByBrowser, platformSteps } from '../render/words.ts'
import { rulesOf } from '../rules.ts'
import type { World } from '../world.ts'

/** The result as it is after a person helped; undefined when this account needs none, or the person declined. */
export async function helpPerson(
  result: RenewResult,
  vault: Vault,
  world: World,
): Promise<RenewResult | undefined> {
  const { header, assessment, error } = result
  const refused = error?.code === 'GRANT_REJECTED' || error?.code === 'ANSWER_LOST'
  if (header === null || (error !== null && !refused)) return undefined
  if (!refused && assessment?.mender !== 'person') return undefined
  // Ctrl-C while the consent before this one was exchanged: it was stored, and nothing more is asked.
  if (world.signal.aborted)
    throw new TokenctlError('CANCELLED', `Stopped before ${formatAccount(result.account)}.`, {
      fix: `What was renewed before it is stored. \`tokenctl status\` shows what is left.`,
    })
  if (!header.holdsToken) return askWhetherReset(result, world)
  return await takeOffer(result, header, vault, world)
}

/** A tracked shop: where to click on its platform, and whether it was done. */
async function askWhetherReset(result: RenewResult, world: World): Promise<RenewResult | undefined> {
  const name = formatAccount(result.account)
  const { title } = rulesOf(world.settings()).adapterOf(result.account.marketplace)
  world.terminal.err(folded(`${name}: ${platformSteps(title)}`, world.terminal))
  const prompt = await world.prompt()
  const done = await prompt.confirm('Was it done?', false, { insteadOf: `\`tokenctl renewed ${name}\`` })
  if (!done) return undefined
  const header = await recordRenewed(result.account, world.clock.now(), world)
  world.terminal.out(`${name}: recorded as renewed.\n`)
  return renewedNow(result, header, world)
}

/** What a person can do now for an account that no program can mend. */
interface Offer {
  /** What the account needs, as a sentence. */
  readonly need: string
  readonly question: string
  /** The command that does the same later. */
  readonly command: string
  readonly run: (world: World) => Promise<unknown>
}

/** The browser; or the paste, for an Amazon app that is private: only a public one has a consent page. */
function offerFor({ account }: RenewResult, header: NonNullable<RenewResult['header']>): Offer {
  const name = formatAccount(account)
  return account.marketplace !== 'amazon' || consentsByBrowser(header)
    ? {
        need: `${name} needs a new consent of its seller.`,
        question: 'Give it in the browser now?',
        command: `tokenctl login ${name}`,
        run: async world =>
          (await import('../commands/login.ts')).loginRun({ marketplace: name, name: undefined }, world),
      }
    : {
        need: `${name} needs a new token from Seller Central.`,
        question: 'Paste it now?',
        command: `tokenctl set-amazon ${account.name}`,
        run: async world =>
          (await import('../commands/set-amazon.ts')).setAmazonRun({ name: account.name }, world),
      }
}

async function takeOffer(
  result: RenewResult,
  header: NonNullable<RenewResult['header']>,
  vault: Vault,
  world: World,
): Promise<RenewResult | undefined> {
  const prompt = await world.prompt()
  try {
    const { need, question, command, run } = offerFor(result, header)
    // Folded, and apart from the question: that is broken in the middle of a word where the screen ends.
    world.terminal.err(folded(need, world.terminal))
    if (!(await prompt.confirm(question, true, { insteadOf: `\`${command}\`` }))) return undefined
    await run(world)
  } catch (error) {
    // A slip with one account must not end a run over many; a person's Ctrl-C must.
    if (!isTokenctlError(error) || error.code === 'CANCELLED') throw error
    presentProblem(error, world.terminal)
    return undefined
  }
  const stored = await vault.account(result.account)
  const isNew = stored !== undefined && stored.header.generation !== result.header?.generation
  return isNew && stored.header.pendingAt === null ? renewedNow(result, stored.header, world) : undefined
}

function renewedNow(
  result: RenewResult,
  header: NonNullable<RenewResult['header']>,
  world: World,
): RenewResult {
  const rules = rulesOf(world.settings())
  const adapter = rules.adapterOf(result.account.marketplace)
  const assessment = assess(header, adapter, rules.policyOf(adapter), world.clock.now())
  return { account: result.account, outcome: 'renewed', error: null, header, assessment }
}
