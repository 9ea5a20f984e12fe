/**
 * Lines that a person wrote into the crontab and that run `tokenctl renew`: what can be told of them without running
 * them. A shell can do anything, so where a line does more than this reads, it says that it cannot be told. Pure.
 */
import { linesOf } from './crontab.ts'
import { HOME_VARIABLES, isHomeVariable } from './job.ts'

/** Such a line. Its text is the person's and stays theirs: it may hold a password. */
export interface HandLine {
  /** From 1. */
  readonly line: number
  /** What it sets, or is set above it, of the variables that say whose accounts are meant; null where nobody can tell. */
  readonly env: Readonly<Record<string, string>> | null
  /** Whether it asks for all accounts, or for all that are due: no names, no filters. */
  readonly isWhole: boolean
}

/** The lines that are not ours and run `tokenctl … renew`. @throws {SCHEDULER_FAILED} when our marks are damaged. */
export function handWritten(crontab: string): readonly HandLine[] {
  let above: Values = {}
  const found: HandLine[] = []
  for (const [index, { bytes, isOurs }] of linesOf(crontab).entries()) {
    if (isOurs || /^\s*#/.test(bytes)) continue
    const setting = /^\s*["']?(\w+)["']?\s*=\s*(.*?)\s*$/.exec(bytes)
    if (setting !== null) {
      const [, name = '', value = ''] = setting
      // Cron itself takes it as it stands, but for quotes around it.
      if (isHomeVariable(name)) above = { ...above, [name]: value.replace(/^(["'])(.*)\1$/, '$2') }
    } else if (RENEWS.test(bytes)) {
      const isWhole = commandsOf(bytes).some(isWholeRun)
      found.push({ line: index + 1, env: leadsElsewhere(bytes) ? null : valuesOn(bytes, above), isWhole })
    }
  }
  return found
}

type Values = Readonly<Record<string, string>>

const RENEWS = /^\s*\S.*\btokenctl\b.*\srenew\b/

/** Another user or machine, or variables from elsewhere: whose accounts that reaches stands on no line. */
function leadsElsewhere(line: string): boolean {
  const words = 'sudo|su|doas|runuser|ssh|docker|podman|kubectl|nsenter|chroot|unset|source|\\.|env\\s+-\\S+'
  return new RegExp(`(?:^|[\\s;&|('"/])(?:${words})\\s`).test(line)
}

/** The values that hold on a line; null where the shell would first make them out of something. */
function valuesOn(line: string, above: Values): Values | null {
  const values: Record<string, string> = { ...above }
  const names = HOME_VARIABLES.join('|')
  for (const match of line.matchAll(new RegExp(`(?:^|[\\s;&|(])(["']?)(${names})=(["']?)`, 'g'))) {
    const [all, before = '', name = '', after = ''] = match
    const rest = line.slice(match.index + all.length)
    const quote = before || after
    const value = quote === '' ? (/^[^\s;&|)]*/.exec(rest)?.[0] ?? '') : rest.slice(0, rest.indexOf(quote))
    if (/[$`\\~"'%]/.test(value)) return null
    values[name] = value
  }
  return values
}

/** The commands of a line that run `renew`, as words without quotes around them. */
function commandsOf(line: string): readonly (readonly string[])[] {
  return line
    .replace(/(?<!\\)%.*/, '')
    .split(/&&|\|\||;|\|(?!&)|(?<![<>])&(?!\d|>)/)
    .filter(each => /\btokenctl\b.*\srenew\b/.test(each))
    .map(each => each.trim().split(/\s+/).map(unquoted))
}

const unquoted = (word: string) => word.replace(/^["'(]+|["')]+$/g, '')

const HARMLESS = ['--json', '--no-notices', '--strict-hooks']

function isWholeRun(words: readonly string[]): boolean {
  const comment = words.findIndex(word => word.startsWith('#'))
  const line = comment === -1 ? words : words.slice(0, comment)
  const typed = line.slice(line.lastIndexOf('renew') + 1)
  let isAsked = false
  for (let at = 0; at < typed.length; at += 1) {
    const word = typed[at] ?? ''
    if (word === '--all' || word === '--due') isAsked = true
    // With their values, which are in the next word where they are not in this one.
    else if (/^(--concurrency|&?\d?(>>?|<))$/.test(word)) at += 1
    else if (!HARMLESS.includes(word) && !/^(--concurrency=\d+|&?\d?(>>?|<)&?\S+)$/.test(word)) return false
  }
  return isAsked
}
