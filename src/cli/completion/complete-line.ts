/**
 * `tokenctl __complete`, which the shells' scripts call at a press of Tab: the words of a line in, what may stand under
 * its cursor out. It asks nobody, opens nothing but the list of names, says nothing of what goes wrong, and never fails.
 *
 * `__complete 2 status ebay:m`: so many words stand before the cursor's, `tokenctl` counted, then the words after it; the
 * last may be missing, since some shells drop an empty one. Out: a line for each candidate, what it is behind a tab; then
 * `:words` (these and no others), `:files` (the shell's own, of files) or `:command 3` (another program's line begins
 * with that word, counted from 0 for `tokenctl`). Scripts that an older version wrote into a file still call it this way.
 */
import type { Command } from 'commander'
import type { Terminal } from '../../platform/terminal.ts'
import type { World } from '../world.ts'
import { type Offer, offerAt, type Sources } from './offers.ts'
import { restFar, STORE_WORDS, type StoredName, stateFolder, storedNames } from './stored-names.ts'
import { placeOf } from './typed-line.ts'

export interface CompletionPorts {
  readonly buildProgram: (line: readonly string[]) => Promise<Command>
  readonly terminal: Pick<Terminal, 'out'>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly createWorld: () => Promise<Pick<World, 'ownMarketplaces'>>
}

/** Prints what may stand under the cursor. Never throws. */
export async function completeLine(
  [count = '', ...words]: readonly string[],
  ports: CompletionPorts,
): Promise<void> {
  try {
    const line = lineOf(Number(count), words)
    if (line === undefined) return
    // A command that is still being typed is one of all of them.
    const program = await ports.buildProgram(line.slice(0, -1))
    const place = placeOf(program, line)
    const offer = place === undefined ? NOTHING : await offerAt(place, program, sourcesOf(ports))
    ports.terminal.out(written(offer))
  } catch {
    // Whatever it was, the person is in the middle of a line, and is told by the command itself.
  }
}

const NOTHING: Offer = { kind: 'words', candidates: [] }

/** The words after `tokenctl` up to the cursor's, which is the last; undefined for a count that is none. */
function lineOf(before: number, words: readonly string[]): readonly string[] | undefined {
  if (!Number.isInteger(before) || before < 1 || words.length < before - 1) return undefined
  return [...words.slice(0, before - 1), words[before - 1] ?? '']
}

function sourcesOf({ env, platform, createWorld }: CompletionPorts): Sources {
  // These load a good part of the program, and are asked only for a word that they name.
  const marketplaces = async () => {
    const { MARKETPLACE_IDS, SHIPPED_IDS } = await import('../../marketplaces/ids.ts')
    return [...new Set([...MARKETPLACE_IDS, ...SHIPPED_IDS, ...(await createWorld()).ownMarketplaces.ids()])]
  }
  let names: readonly StoredName[] | undefined
  return {
    stored: () => {
      names ??= storedNames(stateFolder(env, platform))
      return names
    },
    restFar: () => restFar(stateFolder(env, platform)),
    stores: STORE_WORDS,
    marketplaces,
    settings: async () => (await import('../../settings.ts')).settingKeys(await marketplaces()),
    states: async () => (await import('../../renewal/assess.ts')).ACCOUNT_STATES,
  }
}

function written(offer: Offer): string {
  switch (offer.kind) {
    case 'words':
      return `${offer.candidates.map(({ word, about }) => `${word}\t${about}\n`).join('')}:words\n`
    case 'files':
      return ':files\n'
    case 'other-program':
      // The words after `tokenctl` were counted; the shells count it too.
      return `:command ${offer.from + 1}\n`
  }
}
