/** The account that a command means when only its marketplace was said: the only one there is, or a new one. */
import { type AccountRef, DEFAULT_NAME, parseAccount } from '../tokens/account.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { accountOf, refOf } from './selection.ts'
import type { World } from './world.ts'

/**
 * The accounts of one marketplace.
 *
 * @param isNamed whether the account was said: then a damaged record of another one is no hindrance.
 * @throws whatever is wrong with a record there: without a name, none may be taken for "there is no other".
 */
export async function accountsOf(
  marketplace: string,
  by: string,
  isNamed: boolean,
  world: World,
): Promise<readonly AccountHeader[]> {
  const opened = await (await world.openVault(by)).read()
  if (opened.state === 'empty') return []
  const { accounts, unreadable } = await opened.vault.listing()
  const damaged = unreadable.find(record => accountOf(record)?.marketplace === marketplace)
  if (!isNamed && damaged !== undefined) throw damaged.error
  return accounts.filter(header => refOf(header).marketplace === marketplace)
}

/** The only account, or `default` where there is none; of several, the one that a person picks. */
export async function onlyAccount(
  marketplace: string,
  accounts: readonly AccountHeader[],
  question: string,
  world: World,
): Promise<AccountRef> {
  const [only, ...others] = accounts
  if (only === undefined) return { marketplace, name: DEFAULT_NAME }
  if (others.length === 0) return refOf(only)
  const prompt = await world.prompt()
  const choices = accounts.map(header => ({ value: header.account, label: header.account }))
  const chosen = await prompt.pick(question, choices, { insteadOf: 'the name of the account' })
  return { marketplace, name: parseAccount(chosen).name ?? DEFAULT_NAME }
}
