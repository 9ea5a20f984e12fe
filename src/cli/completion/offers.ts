/**
 * What is offered at a place of a command line. All of it comes from the definitions that `--help` is made of: commands,
 * options, choices; and what an argument or a value is, from the word that its definition shows for it (`<account>`).
 */
import type { Argument, Command, Option } from 'commander'
import { oneLength } from '../syntax/options.ts'
import type { RecordKind, StoredName } from './stored-names.ts'
import { optionsOf, type Place } from './typed-line.ts'

/** One word to type, and what it is, in a few words or none. */
export interface Candidate {
  readonly word: string
  readonly about: string
}

/** What a shell is to do: show these words, or go on by its own means. */
export type Offer =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'files' }
  | { readonly kind: 'other-program'; readonly from: number }

/** Where the words come from that no definition lists; each is asked only where it is needed. */
export interface Sources {
  readonly stored: () => readonly StoredName[]
  /** Whether what is stored has names that cannot be known here. */
  readonly restFar: () => boolean
  readonly stores: readonly string[]
  readonly marketplaces: () => Promise<readonly string[]>
  readonly settings: () => Promise<readonly string[]>
  readonly states: () => Promise<readonly string[]>
}

/** They take each word for one account: a marketplace alone is one to them where it has no second. */
const ONE_EACH: readonly string[] = ['token', 'exec']

/** Past this a description is cut: shells show one line of it. */
const LONGEST_ABOUT = 80

/** What is offered at a place. */
export async function offerAt(place: Place, program: Command, sources: Sources): Promise<Offer> {
  if (place.kind === 'other-program') return place
  if (place.kind === 'value') {
    const { option, before, typed } = place
    const found = await valuesOf(
      { ...option, shown: valueWord(option), alone: 'nothing' },
      typed,
      [],
      sources,
    )
    return matching(found, typed, before)
  }
  const { command, typed, values, argument } = place
  if (typed.startsWith('-')) return matching(leftOptions(place), typed)
  if (command.commands.length > 0) return matching(commandsOf(command), typed)
  if (argument === undefined) return matching(withoutHelp(leftOptions(place)), typed)
  const shown = argument.name()
  if (shown === 'topic') return matching(topics(program, values), typed)
  const isMany = argument.variadic || !argument.required
  const alone = ONE_EACH.includes(command.name()) ? 'its only account' : isMany ? 'all' : 'nothing'
  const found = await valuesOf({ ...argument, shown, alone }, typed, values, sources)
  return found === 'files' || !argument.variadic
    ? matching(found, typed)
    : matching(
        found.filter(({ word }) => !values.includes(word)),
        typed,
      )
}

/** An argument or an option's value, as far as it says what may stand there. */
interface Blank extends Pick<Argument & Option, 'argChoices'> {
  /** The word in its brackets. */
  readonly shown: string
  /** What a marketplace alone stands for there. */
  readonly alone: 'all' | 'its only account' | 'nothing'
}

async function valuesOf(
  { argChoices, shown, alone }: Blank,
  typed: string,
  values: readonly string[],
  sources: Sources,
): Promise<readonly Candidate[] | 'files'> {
  if (argChoices !== undefined) return plain(argChoices)
  const found: Candidate[] = []
  // `marketplace|account`: one or the other.
  for (const what of shown.split('|')) {
    const more = await ofKind(what, { alone, typed, values }, sources)
    if (more === 'files') return more
    found.push(...more)
  }
  return found
}

interface Circumstances extends Pick<Blank, 'alone'> {
  readonly typed: string
  readonly values: readonly string[]
}

async function ofKind(
  what: string,
  { alone, typed, values }: Circumstances,
  sources: Sources,
): Promise<readonly Candidate[] | 'files'> {
  switch (what) {
    case 'account':
      return plain([...(await marketplacesAlone(alone, sources)), ...accounts(sources)])
    case 'name=account': {
      const name = typed.slice(0, typed.indexOf('=') + 1)
      return name === '' ? [] : plain(accounts(sources).map(account => name + account))
    }
    case 'marketplace':
      return plain(await sources.marketplaces())
    case 'amazon-account':
      return plain(namesOf('account', ['amazon'], sources))
    case 'app':
      return plain(namesOf('app', values, sources))
    case 'channel':
      return plain(namesOf('channel', [], sources))
    case 'store':
      return plain(sources.stores)
    case 'key':
      return plain(await sources.settings())
    case 'states': {
      const before = typed.slice(0, typed.lastIndexOf(',') + 1)
      const left = (await sources.states()).filter(state => !before.split(',').includes(state))
      return plain(left.map(state => before + state))
    }
    case 'file':
    case 'folder':
      return 'files'
    case 'program':
    case 'command':
      return [{ word: '--', about: 'the program comes after it' }]
    default:
      return []
  }
}

function accounts({ stored }: Sources): readonly string[] {
  return stored()
    .filter(({ kind }) => kind === 'account')
    .map(({ marketplace, name }) => `${marketplace}:${name}`)
}

/** Those whose word alone stands for accounts there. */
async function marketplacesAlone(
  alone: Blank['alone'],
  { stored, restFar, marketplaces }: Sources,
): Promise<readonly string[]> {
  if (alone === 'nothing') return []
  const names = stored()
  // Which of them has one account alone nobody knows here.
  if (names.length === 0 && restFar()) return alone === 'all' ? await marketplaces() : []
  const each = names.filter(({ kind }) => kind === 'account').map(({ marketplace }) => marketplace)
  const isMeant = (word: string) => alone === 'all' || each.indexOf(word) === each.lastIndexOf(word)
  return [...new Set(each)].filter(isMeant)
}

/** The second words of records of that kind; of one marketplace where one stands before. */
function namesOf(kind: RecordKind, [marketplace]: readonly string[], { stored }: Sources): readonly string[] {
  const those = stored().filter(each => each.kind === kind)
  const wanted = kind === 'channel' || marketplace === undefined
  const names = those.filter(each => wanted || each.marketplace === marketplace).map(({ name }) => name)
  return [...new Set(names)].sort()
}

/** The word in the brackets of an option: `file` of `--output <file>`. */
function valueWord({ flags }: Option): string {
  return /[<[]([^\]>]+?)(?:\.{3})?[\]>]/.exec(flags)?.[1] ?? ''
}

function commandsOf(command: Command): readonly Candidate[] {
  const help = command.createHelp()
  return help
    .visibleCommands(command)
    .map(each => ({ word: each.name(), about: short(each.summary() || each.description()) }))
}

/** The words of a command whose help is asked for, after those before it. */
function topics(program: Command, values: readonly string[]): readonly Candidate[] {
  let command: Command | undefined = program
  for (const word of values) command = command?.commands.find(each => each.name() === word)
  if (command === undefined) return []
  const page = { word: 'exit-codes', about: 'what the exit statuses mean' }
  return [...commandsOf(command), ...(command === program ? [page] : [])]
}

/** The long options that may still be given. */
function leftOptions({ command, given }: Extract<Place, { kind: 'word' }>): readonly Candidate[] {
  return optionsOf(command)
    .filter(option => !given.has(option) || isRepeatable(option))
    .flatMap(({ long, description }) => (long == null ? [] : [{ word: long, about: short(description) }]))
}

/** One that reads its values by a function of its own and has no choices collects them. */
function isRepeatable({ variadic, parseArg, argChoices }: Option): boolean {
  return variadic || (parseArg !== undefined && parseArg !== oneLength && argChoices === undefined)
}

/** Nobody who stops at the end of a line waits for that one to be typed for them. */
function withoutHelp(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ word }) => word !== '--help')
}

function plain(words: readonly string[]): readonly Candidate[] {
  return words.map(word => ({ word, about: '' }))
}

function matching(found: readonly Candidate[] | 'files', typed: string, before = ''): Offer {
  if (found === 'files') return { kind: 'files' }
  const candidates = found
    .filter(({ word }) => word.startsWith(typed))
    .map(({ word, about }) => ({ word: before + word, about }))
  return { kind: 'words', candidates }
}

/** The first clause of a description, on one line. */
function short(text: string): string {
  const [clause = ''] = text
    .replaceAll('`', '')
    .replace(/\s+/g, ' ')
    .split(/; |\. |\.$/)
  if (clause.length <= LONGEST_ABOUT) return clause
  return `${clause.slice(0, LONGEST_ABOUT - 3).replace(/ \S*$/, '')}...`
}
