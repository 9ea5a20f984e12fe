/** At a terminal, after a renewal that only a person can finish: the person is there, so it is offered at once. */
import { isTokenctlError } from '../errors.ts'
import { assess } from '../renewal/assess.ts'
import type { RenewResult } from '../renewal/ports.ts'
import { formatAccount } from '../tokens/account.ts'
import type { Vault } from '../vault/vault.ts'
import { recordRenewed } from './commands/track.ts'
import { presentProblem } from './render/error.ts'
import { platformSteps } from './render/words.ts'
import { rulesOf } from './rules.ts'
import type { World } from './world.ts'

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
  if (!header.holdsToken) return askWhetherReset(result, world)
  return result.account.marketplace === 'amazon' ? offerPaste(result, vault, world) : undefined
}

/** A tracked shop: where to click on its platform, and whether it was done. */
async function askWhetherReset(result: RenewResult, world: World): Promise<RenewResult | undefined> {
  const name = formatAccount(result.account)
  const { title } = rulesOf(world.settings()).adapterOf(result.account.marketplace)
  world.terminal.err(`${name}: ${platformSteps(title)}\n`)
  const prompt = await world.prompt()
  const done = await prompt.confirm('Was it done?', false, { insteadOf: `\`tokenctl renewed ${name}\`` })
  if (!done) return undefined
  const header = await recordRenewed(result.account, world.clock.now(), world)
  world.terminal.out(`${name}: recorded as renewed.\n`)
  return renewedNow(result, header, world)
}

async function offerPaste(result: RenewResult, vault: Vault, world: World): Promise<RenewResult | undefined> {
  const prompt = await world.prompt()
  const name = formatAccount(result.account)
  const now = await prompt.confirm(`${name} needs a new token from Seller Central. Paste it now?`, true, {
    insteadOf: `\`tokenctl set-amazon ${result.account.name}\``,
  })
  if (!now) return undefined
  const { setAmazonRun } = await import('./commands/set-amazon.ts')
  try {
    await setAmazonRun({ name: result.account.name }, world)
  } catch (error) {
    // A slip in one paste must not end a run over many accounts; a person's Ctrl-C must.
    if (!isTokenctlError(error) || error.code === 'CANCELLED') throw error
    presentProblem(error, world.terminal)
    return undefined
  }
  const stored = await vault.account(result.account)
  return stored === undefined || stored.header.pendingAt !== null
    ? undefined
    : renewedNow(result, stored.header, world)
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
