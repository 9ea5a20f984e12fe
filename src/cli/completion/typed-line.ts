/**
 * Where on a command line the cursor stands, told by commander's own definitions: which command, what was typed of it,
 * what is to come. It only looks: nothing is parsed as a run would, and a line that no run would take is no error.
 */
import type { Argument, Command, Option } from 'commander'

/** What the word under the cursor is. */
export type Place =
  /** One of the command's own words: a command below it, an argument, an option. */
  | {
      readonly kind: 'word'
      readonly command: Command
      readonly typed: string
      /** The options that stand on the line already. */
      readonly given: ReadonlySet<Option>
      /** The arguments before it. */
      readonly values: readonly string[]
      /** The argument that it would be; undefined where the command takes no further one. */
      readonly argument: Argument | undefined
    }
  /** The value of an option; `typed` begins after `before`, which is `--as=` or nothing. */
  | { readonly kind: 'value'; readonly option: Option; readonly before: string; readonly typed: string }
  /** A word of another program's line, which begins with the word of this number. */
  | { readonly kind: 'other-program'; readonly from: number }

/** What was read of the words before the cursor. */
interface Walk {
  command: Command
  readonly given: Set<Option>
  values: string[]
  /** The option whose value comes next. */
  awaits: Option | undefined
}

/**
 * The place of the last word, which is the one under the cursor and may be empty. Undefined where the line has gone
 * wrong before it, so that nothing can be said.
 */
export function placeOf(program: Command, words: readonly string[]): Place | undefined {
  const before = words.slice(0, -1)
  const typed = words.at(-1) ?? ''
  const walk: Walk = { command: program, given: new Set(), values: [], awaits: undefined }
  for (const [index, word] of before.entries()) {
    if (word === '--' && walk.awaits === undefined) return { kind: 'other-program', from: index + 1 }
    if (!step(walk, word)) return undefined
  }
  const { command, given, values, awaits } = walk
  if (awaits !== undefined) return { kind: 'value', option: awaits, before: '', typed }
  const equals = typed.startsWith('--') ? typed.indexOf('=') : -1
  if (equals === -1) return { kind: 'word', command, typed, given, values, argument: next(command, values) }
  const option = optionOf(command, typed.slice(0, equals))
  if (option === undefined || !takesValue(option)) return undefined
  return { kind: 'value', option, before: typed.slice(0, equals + 1), typed: typed.slice(equals + 1) }
}

/** Takes one word in; false where no run would know it. */
function step(walk: Walk, word: string): boolean {
  const { command } = walk
  if (walk.awaits !== undefined) {
    walk.awaits = undefined
    return true
  }
  if (word.startsWith('-') && word !== '-') {
    const [name = '', value] = word.startsWith('--') ? splitOnce(word) : [word]
    const option = optionOf(command, name)
    if (option === undefined) return false
    walk.given.add(option)
    if (value === undefined && takesValue(option)) walk.awaits = option
    return true
  }
  if (command.commands.length === 0) {
    walk.values.push(word)
    return true
  }
  const below = command.commands.find(each => each.name() === word)
  if (below === undefined) return false
  Object.assign(walk, { command: below, values: [] })
  return true
}

function splitOnce(word: string): [string, string?] {
  const equals = word.indexOf('=')
  return equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)]
}

/** The options of a command as its help shows them, `--help` among them. */
export function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command)
}

function optionOf(command: Command, name: string): Option | undefined {
  return optionsOf(command).find(({ long, short }) => name === long || name === short)
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional
}

function next(command: Command, values: readonly string[]): Argument | undefined {
  const last = command.registeredArguments.at(-1)
  return command.registeredArguments[values.length] ?? (last?.variadic === true ? last : undefined)
}
