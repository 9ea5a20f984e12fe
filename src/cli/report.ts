/** Whatever a command throws, in words, in the form that was asked for, and as an exit status. */
import { CommanderError } from 'commander'
import { asTokenctlError, isTokenctlError, TokenctlError } from '../errors.ts'
import type { Terminal } from '../platform/terminal.ts'
import type { Exit } from './exit.ts'

/** What was told, and need not be told again. */
const told = new WeakSet<TokenctlError>()

/** Whether a person was told of an error. */
export function isReported(error: TokenctlError): boolean {
  return told.has(error)
}

/** Tells whatever was thrown, in the form that a command line asks for. @returns the exit status. It never throws. */
export async function report(thrown: unknown, argv: readonly string[], terminal: Terminal): Promise<Exit> {
  // Asked of ours first: to ask of commander's is to load it.
  const ofCommander = !isTokenctlError(thrown) && thrown instanceof CommanderError ? thrown : undefined
  if (ofCommander?.exitCode === 0) return 0
  const error = ofCommander === undefined ? asTokenctlError(thrown) : usageError(ofCommander)
  told.add(error)
  // Where the output is lost, what is said of it goes the other way.
  const json = wants('json', argv) && terminal.outFailure === undefined
  const options = { json, stack: error.code === 'BUG' ? stackOf(thrown) : undefined }
  try {
    if (wants('nagios', argv)) {
      const { nagiosUnknown } = await import('./render/nagios.ts')
      const { line, exit } = nagiosUnknown(error)
      terminal.out(line)
      return exit
    }
    const { presentError } = await import('./render/error.ts')
    presentError(error, options, terminal)
  } catch (missing) {
    presentBare(error, asTokenctlError(missing), json, terminal)
  }
  return error.exit
}

/**
 * An error where what makes a text harmless cannot be loaded either: no descriptor is left, or the program was replaced. The
 * code is harmless as it is, and so is what is said of the program itself.
 */
function presentBare(error: TokenctlError, missing: TokenctlError, json: boolean, terminal: Terminal): void {
  const { code } = error
  const isGone = missing.code === 'PROGRAM_REPLACED'
  const isAll = isGone && code === missing.code
  const message = isAll ? missing.message : 'a part of tokenctl cannot be loaded.'
  const fix = isAll ? missing.fix : `${missing.message} ${missing.fix}`
  if (json) {
    terminal.out(`${JSON.stringify({ version: 1, error: { code, message, fix } }, null, 2)}\n`)
    return
  }
  terminal.err(`Error: ${message} [${code}]\n`)
  if (isGone) terminal.err(`Fix: ${fix}\n`)
}

/** Where it happened, without the message: what a library put into its message may be anything. */
function stackOf(thrown: unknown): string | undefined {
  const stack = thrown instanceof Error ? thrown.stack : undefined
  const name = thrown instanceof Error ? thrown.name : typeof thrown
  const frames = stack?.split('\n').filter(line => /^\s+at /.test(line)) ?? []
  return [name, ...frames].join('\n')
}

/** Whether what was typed asks for this form, as far as that can be told of a line that cannot be parsed. */
function wants(format: 'json' | 'nagios', argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const words = argv.slice(0, end === -1 ? argv.length : end)
  const named = words.some((word, index) => word === format && words[index - 1] === '--format')
  return named || words.includes(`--format=${format}`) || (format === 'json' && words.includes('--json'))
}

/** Commander's complaint in our words. What was typed is shown only where it cannot be a secret. */
function usageError(error: CommanderError): TokenctlError {
  if (error.code === 'commander.help') {
    return new TokenctlError('USAGE', 'A command is missing.', { fix: 'See `tokenctl --help`.' })
  }
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n')
  const message = first
    .replace(/'(--?[a-z][a-z-]{0,30})=[^']*'/gi, "'$1'")
    .replace(/'([^']{21,}|[^']*[|^#=+/][^']*)'/g, "'…'")
  const hint = more
    .join(' ')
    .replace(/^\(|\)$/g, '')
    .trim()
  const fix = hint === '' ? 'See `tokenctl --help`.' : `${hint} See \`tokenctl --help\`.`
  return new TokenctlError(
    'USAGE',
    `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.?$/, '.')}`,
    { fix },
  )
}
