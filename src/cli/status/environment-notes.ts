/** What a person should know before trusting a table: which marketplaces are not the real ones now, and whose records are not. */
import { MARKETPLACE_IDS } from '../../marketplaces/ids.ts'
import { placeName } from '../../renewal/preconditions.ts'
import type { AccountHeader, Environment } from '../../tokens/token-set.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { World } from '../world.ts'

/** The notes on the settings, then those on records that belong elsewhere. */
export function environmentNotes(headers: readonly AccountHeader[], world: World): string[] {
  return [...simulatorNotes(world), ...sandboxNotes(world), ...strangerNotes(headers, world)]
}

function gather(pairs: Iterable<readonly [key: string, member: string]>): [key: string, members: string[]][] {
  const groups = new Map<string, string[]>()
  for (const [key, member] of pairs) {
    const members = groups.get(key) ?? []
    members.push(member)
    groups.set(key, members)
  }
  return [...groups]
}

/** One note for each address, since a simulator stands in for all three more often than for one. */
function simulatorNotes(world: World): string[] {
  const settings = world.settings()
  const set = [...MARKETPLACE_IDS, ...settings.others].flatMap(id => {
    const address = settings.for('endpoint', id)
    return address === undefined ? [] : [[address, id] as const]
  })
  return gather(set).map(([address, ids]) => {
    const back = ids.map(id => `\`tokenctl config unset endpoint.${id}\``).join(', ')
    return `${ids.join(', ')} ${ids.length === 1 ? 'is' : 'are'} set to ${address}, not to the real marketplace. To go back: ${back}.`
  })
}

function sandboxNotes(world: World): string[] {
  const settings = world.settings()
  return [...MARKETPLACE_IDS, ...settings.others]
    .filter(id => settings.for('environment', id) === 'sandbox' && settings.for('endpoint', id) === undefined)
    .map(id => `${id} is set to its sandbox. To go back: \`tokenctl config unset environment.${id}\`.`)
}

/** What tells a record that cannot be renewed as things are set: the settings are looked at once for each marketplace. */
export function strangersBy(
  world: Pick<World, 'settings'>,
): (header: Pick<AccountHeader, 'account' | 'holdsToken' | 'environment'>) => boolean {
  const { adapterOf, destinationOf } = rulesOf(world.settings())
  const here = new Map<string, Environment>()
  return ({ account, holdsToken, environment }) => {
    if (!holdsToken) return false
    const { marketplace } = refOf({ account })
    const set = here.get(marketplace) ?? destinationOf(adapterOf(marketplace)).environment
    here.set(marketplace, set)
    return environment !== set
  }
}

/** Records that cannot be renewed as things are set, and that a glance would take for real shops. */
function strangerNotes(headers: readonly AccountHeader[], world: World): string[] {
  const isStranger = strangersBy(world)
  const { adapterOf } = rulesOf(world.settings())
  const strangers = headers
    .filter(isStranger)
    .map(
      ({ account, environment }) =>
        [placeName(environment, adapterOf(refOf({ account }).marketplace)), account] as const,
    )
  return gather(strangers).map(([place, accounts]) => {
    const names =
      accounts.length > 5
        ? `${accounts.slice(0, 5).join(', ')} and ${accounts.length - 5} more`
        : accounts.join(', ')
    return `${names} ${accounts.length === 1 ? 'belongs' : 'belong'} to ${place}, which is not what is set now.`
  })
}
