/** What `doctor` found, for people: a line a finding with its state as a word, and under it what mends it. */
import type { Terminal } from '../../platform/terminal.ts'
import { summaryOf } from '../doctor/findings.ts'
import type { DoctorReport, Finding } from '../shapes/doctor-shape.ts'
import { safeLine } from './safe-text.ts'

type Mark = (state: Finding['state']) => string

const WORDS: Readonly<Record<Finding['state'], string>> = {
  ok: 'ok',
  warning: 'WARNING',
  problem: 'PROBLEM',
  skipped: 'skipped',
}
/** As wide as the widest word, so that the names stand below each other. */
const WIDTH = 9

/**
 * Prints findings and what was mended on standard output. No line is broken: a command that is cannot be copied whole.
 *
 * @param brief leaves out what is well.
 */
export async function presentDoctor(
  { findings, fixed }: Pick<DoctorReport, 'findings' | 'fixed'>,
  brief: boolean,
  terminal: Terminal,
): Promise<void> {
  const mark = await marker(terminal.colour)
  const shown = brief ? findings.filter(({ state }) => state === 'warning' || state === 'problem') : findings
  const parts = [
    ...fixed.map(({ what, where }) => `${'fixed'.padEnd(WIDTH)}${safeLine(where)}: ${safeLine(what)}\n`),
    ...shown.map(each => lines(each, mark)),
    `${summary(findings)}\n`,
  ]
  terminal.out(parts.join(''))
}

function lines({ id, state, what, where, mend, code }: Finding, mark: Mark): string {
  const place = where === null || what.includes(where) ? '' : ` (${where})`
  const told = code === null || state !== 'problem' ? '' : ` [${code}]`
  const first = `${mark(state)}${id}: ${safeLine(`${what.replace(/\.$/, '')}${place}.`)}${told}\n`
  return mend === null ? first : `${first}${' '.repeat(WIDTH)}Fix: ${safeLine(mend)}\n`
}

async function marker(colour: boolean): Promise<Mark> {
  const plain: Mark = state => WORDS[state].padEnd(WIDTH)
  if (!colour) return plain
  const { Chalk } = await import('chalk')
  const chalk = new Chalk({ level: 1 })
  // Not yellow: on a light ground it can hardly be read.
  const paints = { ok: chalk.green, warning: chalk.bold, problem: chalk.red.bold, skipped: chalk.dim }
  return state => paints[state](WORDS[state]) + ' '.repeat(WIDTH - WORDS[state].length)
}

function summary(findings: readonly Finding[]): string {
  const { warning, problem } = summaryOf(findings)
  if (warning + problem === 0) return 'All is well.'
  const count = (number: number, word: string) =>
    number === 0 ? [] : [`${number} ${word}${number === 1 ? '' : 's'}`]
  return `${[...count(problem, 'problem'), ...count(warning, 'warning')].join(', ')}.`
}
