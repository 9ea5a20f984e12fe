/** `tokenctl accounts`: housekeeping. */
import { TokenctlError } from '../../errors.ts'
import { formatAccount, parseAccount, parseName } from '../../tokens/account.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Exit } from '../exit.ts'
import { accountToRemove, listingOf, storedAccount, titleOf, vaultHolding, wantedOf } from '../finding.ts'
import { done } from '../noting/history.ts'
import { revisionOf } from '../removing.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { safeLine, safeText } from '../render/safe-text.ts'
import { type FilterOptions, refOf } from '../selection.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'

export async function accountsListRun(
  options: FilterOptions & { readonly json?: boolean },
  world: World,
): Promise<Exit> {
  const { json } = options
  const opened = await (await world.openVault('accounts list')).read()
  const { accounts, unreadable } = await listingOf(opened)
  const { headers: kept } = await wantedOf(accounts, options, world)
  const rows = kept.map(header => ({
    account: header.account,
    ...refOf(header),
    app: header.app,
    environment: header.environment,
    region: header.region,
    tracked: !header.holdsToken,
    tags: header.tags,
  }))
  if (json === true) world.terminal.out(renderJson({ version: 1, accounts: rows }))
  else for (const row of rows) world.terminal.out(`${listLine(row)}\n`)
  if (rows.length < accounts.length && rows.length === 0) world.terminal.err('Nothing matches.\n')
  else if (rows.length === 0 && json !== true) {
    world.terminal.err('There are no accounts. `tokenctl status` says how to connect one.\n')
  }
  for (const { error } of unreadable) presentProblem(error, world.terminal)
  return unreadable[0]?.error.exit ?? 0
}

function listLine({
  account,
  tracked,
  tags,
}: Pick<AccountHeader, 'account' | 'tags'> & { readonly tracked: boolean }): string {
  const words = Object.entries(tags).map(([key, value]) => `${key}=${value}`)
  return safeLine([account, ...(tracked ? ['(by its dates)'] : []), ...words].join('  '))
}

export async function accountsRenameRun(
  options: { readonly account: string; readonly name: string },
  world: World,
): Promise<Exit> {
  const wanted = options.name.includes(':')
    ? parseAccount(options.name)
    : { marketplace: undefined, name: options.name }
  const newName = parseName(wanted.name ?? '')
  const account = await storedAccount(options.account, 'accounts rename', world)
  const vault = await vaultHolding(account, 'accounts rename', world)
  if (wanted.marketplace !== undefined && wanted.marketplace !== account.marketplace) {
    throw new TokenctlError('USAGE', `${formatAccount(account)} cannot move to another marketplace.`, {
      fix: 'Give the new name alone, such as `outlet`. Nothing was changed.',
    })
  }
  const to = { marketplace: account.marketplace, name: newName }
  if (newName === account.name) {
    throw new TokenctlError('USAGE', `${formatAccount(account)} has this name already.`, {
      fix: 'Nothing was changed.',
    })
  }
  // Both names are locked, in one order everywhere, so that two renames cannot wait for each other.
  const [first, second] = account.name < to.name ? [account, to] : [to, account]
  const links = await vault.askedConsents()
  const { header } = await underLock(first, vault, world, () =>
    underLock(second, vault, world, async () => {
      const renamed = await vault.renameAccount(account, to)
      // A link that was sent for the old name must not find another shop there.
      await links.remove(formatAccount(account))
      return renamed
    }),
  )
  world.history.note(done('rename', formatAccount(to), { from: formatAccount(account) }))
  world.terminal.out(`${formatAccount(account)} is now ${formatAccount(to)}.\n`)
  // Told once is told of the shop, whatever its name.
  const { moveNoticeMarks } = await import('../notices/notice-marks.ts')
  const note = await moveNoticeMarks(
    `account/${formatAccount(account)}`,
    `account/${formatAccount(to)}`,
    world,
  )
  if (note !== null) world.terminal.err(`Note: ${safeText(note)}\n`)
  if (header.delivery !== null)
    world.terminal.err(
      `Note: Its tokens still go to ${safeText(header.delivery.target)}, under the new name from the next delivery on.\n`,
    )
  return 0
}

export async function accountsRemoveRun(
  options: { readonly account: string; readonly yes?: boolean },
  world: World,
): Promise<Exit> {
  const { account, vault } = await accountToRemove(options.account, 'accounts remove', world)
  const name = formatAccount(account)
  if (options.yes !== true) {
    const prompt = await world.prompt()
    const sure = await prompt.confirm(`Remove ${name} and its tokens from this machine?`, false, {
      insteadOf: '--yes',
    })
    if (!sure) throw new TokenctlError('CANCELLED', 'Nothing was removed.')
  }
  await vault.locks.hold(name, async () => {
    const revision = await revisionOf(() => vault.account(account))
    if (revision !== undefined) await vault.removeAccount(account, revision)
    await (await vault.askedConsents()).remove(name)
    const journal = await vault.journal()
    const left = await journal.read(name)
    // What was on its way to it has nowhere to go any more; but nothing unreadable is ever removed (I5).
    if (left?.state === 'readable') await journal.clear(name)
    else if (left !== undefined) await journal.setAside(name, left.state)
  })
  world.history.note(done('remove', name))
  const title = titleOf(account.marketplace, world)
  world.terminal.out(`${name} is removed from this machine.\n`)
  // None of the three vendors documents a way for an app to end a consent: docs/marketplaces.md, "What no tool can do".
  world.terminal.err(
    `${title} could not be told: it offers programs no way to end a consent. The seller ends it in ${title}'s own pages.\n`,
  )
  return 0
}
