/** A line that docs/monitoring.md tells a person to write, for this machine. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BIN, NODE } from './tokenctl.ts'

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'monitoring.md'), 'utf8')

/** What the first group of the pattern finds there, with the paths of this Node and this tokenctl in place of the example's. */
export function documentedLine(pattern: RegExp): string {
  const line = pattern.exec(text)?.[1] ?? ''
  const example = '/usr/bin/node /usr/lib/node_modules/tokenctl/bin/tokenctl.js'
  if (!line.includes(example)) throw new Error(`docs/monitoring.md has no such line: ${pattern}`)
  return line.replace(example, `${NODE} ${BIN}`)
}
