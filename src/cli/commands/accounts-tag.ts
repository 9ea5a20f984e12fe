/**
 * `tokenctl accounts tag`: sets and takes off a person's own words on accounts, `client=acme`, to select them by.
 * Changes nothing but those; an account that has them already is not written.
 */
import { TokenctlError } from '../../errors.ts'
import type { AccountRef } from '../../tokens/account.ts'
import { isTagKey, MOST_TAGS, parseTag, sortedTags, type Tags } from '../../tokens/tags.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import { type Exit, gravest } from '../exit.ts'
import { listingOf } from '../finding.ts'
import { done } from '../noting/history.ts'
import { attempt, unreadableOf } from '../one-by-one.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { safeLine } from '../render/safe-text.ts'
import { connectCommand } from '../render/words.ts'
import { rulesOf } from '../rules.ts'
import { notConnected, refOf, select } from '../selection.ts'
import type { TagReport } from '../shapes/tag-shape.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'

export interface TagOptions {
  /** Accounts, and tags to set (`client=acme`) or to take off (`client-`). */
  readonly words: readonly string[]
  readonly json?: boolean
}

export async function accountsTagRun(options: TagOptions, world: World): Promise<Exit> {
  const change = changeOf(options.words)
  const door = await world.openVault('accounts tag')
  const { accounts, unreadable } = await listingOf(await door.read())
  const { headers, missing } = select(
    change.accounts,
    accounts,
    unreadable,
    rulesOf(world.settings()).adapterOf,
  )
  const problems = unreadableOf(change.accounts, unreadable)
  const [first] = missing
  if (first !== undefined && problems.length === 0) throw notConnected(first, connectCommand(first))
  // Before any is changed: half a tagging is harder to find than none.
  for (const { account, tags } of headers) requireFew(account, change.apply(tags))

  const tagged: TagReport['accounts'] = []
  for (const header of headers) {
    const row = await attempt(async () => await tag(header, change, await door.write(), world), problems)
    if (row === undefined) continue
    tagged.push(row)
    if (row.changed) world.history.note(done('tag', row.account))
    if (options.json !== true) world.terminal.out(`${lineOf(row)}\n`)
  }
  if (options.json === true)
    world.terminal.out(renderJson({ version: 1, accounts: tagged } satisfies TagReport))
  for (const problem of problems) presentProblem(problem, world.terminal)
  return gravest(problems.map(({ exit }): Exit => exit))
}

interface Change {
  readonly accounts: readonly string[]
  readonly apply: (tags: Tags) => Tags
}

/** What the words want. @throws {USAGE} */
function changeOf(words: readonly string[]): Change {
  const set = new Map<string, string>()
  const off = new Set<string>()
  const accounts: string[] = []
  for (const word of words) {
    if (word.includes('=')) {
      const { key, value } = parseTag(word)
      if ((set.get(key) ?? value) !== value) throw odd(`The tag \`${key}\` stands twice with another value.`)
      set.set(key, value)
    } else if (word.endsWith('-') && !word.includes(':') && isTagKey(word.slice(0, -1))) {
      off.add(word.slice(0, -1))
    } else accounts.push(word)
  }
  const both = [...off].find(key => set.has(key))
  if (both !== undefined) throw odd(`The tag \`${both}\` cannot be set and taken off at once.`)
  if (accounts.length === 0) throw odd('No account was named.')
  if (set.size + off.size === 0) throw odd('No tag was given.')
  const apply = (tags: Tags) =>
    sortedTags([...Object.entries(tags).filter(([key]) => !off.has(key) && !set.has(key)), ...set])
  return { accounts, apply }
}

function odd(message: string): TokenctlError {
  return new TokenctlError('USAGE', message, {
    fix: 'For instance `tokenctl accounts tag ebay:main client=acme`, or `client-` to take it off. Nothing was changed.',
  })
}

/** @throws {USAGE} */
function requireFew(account: string, tags: Tags): void {
  if (Object.keys(tags).length <= MOST_TAGS) return
  throw new TokenctlError('USAGE', `${account} would have more than ${MOST_TAGS} tags.`, {
    account,
    fix: 'Take one off: `client-`. Nothing was changed.',
  })
}

/** Tags one account, under its lock. */
async function tag(
  { account }: AccountHeader,
  { apply }: Change,
  vault: Vault,
  world: World,
): Promise<TagReport['accounts'][number]> {
  const ref: AccountRef = refOf({ account })
  return await underLock(ref, vault, world, async () => {
    const stored = await vault.account(ref)
    if (stored === undefined)
      throw new TokenctlError('ACCOUNT_UNKNOWN', `${account} was removed meanwhile.`, { account })
    const { header, secrets, revision } = stored
    const tags = apply(header.tags)
    requireFew(account, tags)
    const changed = JSON.stringify(tags) !== JSON.stringify(header.tags)
    if (changed) await vault.saveAccount({ header: { ...header, tags }, secrets }, revision)
    return { account, tags, changed }
  })
}

function lineOf({ account, tags, changed }: TagReport['accounts'][number]): string {
  const words = Object.entries(tags).map(([key, value]) => `${key}=${value}`)
  const now = words.length === 0 ? 'no tags' : words.join('  ')
  return safeLine(`${account}: ${now}${changed ? '' : ' (as before)'}`)
}
