/**
 * The lines that are typed most, read without what parses all others: commander is a fifth of `node -e 0` to load, and a tenth
 * more to be told what `status` takes. Only a line that can mean one thing; a test holds what is read here against what
 * commander makes of it. All else, right or wrong, is commander's.
 */
import type { StatusOptions } from './commands/status.ts'

/** What is a switch of `status` and stands for itself. */
const SWITCHES = ['json', 'plain', 'timeline', 'check', 'verify'] as const

/** `ebay`, `ebay:main`: what cannot be anything but an account's name. */
const ACCOUNT = /^[a-z][a-z0-9]*(:[a-z0-9][a-z0-9-]*)?$/

/** Whether a line asks for the version, and nothing else. */
export function asksForVersion(argv: readonly string[]): boolean {
  return argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')
}

/** What a plain `status` was told; undefined for every other line. */
export function plainStatus([command, ...words]: readonly string[]): StatusOptions | undefined {
  if (command !== 'status') return undefined
  const accounts: string[] = []
  const switches: { [Switch in (typeof SWITCHES)[number]]?: boolean } = {}
  for (const word of words) {
    const name = SWITCHES.find(each => word === `--${each}`)
    if (name !== undefined) switches[name] = true
    else if (ACCOUNT.test(word)) accounts.push(word)
    else return undefined
  }
  return { accounts, ...switches }
}
