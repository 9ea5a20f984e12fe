/** Colour for states, beside the word that says the same. chalk is imported only where a screen takes colours. */
import type { AccountState } from '../../renewal/assess.ts'

/** Makes a piece of text look its part. */
export type Paint = (text: string, as: AccountState | 'heading') => string

const plain: Paint = text => text

/** The painter for a screen; one that changes nothing where there are no colours. */
export async function painter(colour: boolean): Promise<Paint> {
  if (!colour) return plain
  const { Chalk } = await import('chalk')
  // Level 1: the sixteen colours of the person's own theme.
  const chalk = new Chalk({ level: 1 })
  const paints: Readonly<Record<Parameters<Paint>[1], (text: string) => string>> = {
    heading: chalk.bold,
    rejected: chalk.red.bold,
    expired: chalk.red.bold,
    unconfirmed: chalk.magenta,
    expiring: chalk.red,
    // Not yellow: on a light ground it can hardly be read.
    due: chalk.bold,
    ok: chalk.green,
  }
  return (text, as) => paints[as](text)
}
