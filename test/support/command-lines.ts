/** What processes tell others of themselves on Linux, where a secret must not stand. */
import { readdirSync, readFileSync } from 'node:fs'

/** The arguments of every process of this machine, which all its users can read. */
export function commandLines(): string {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => readOf(pid, 'cmdline'))
    .join('\n')
}

/** The environment that a process was started with, which the same user's processes can read. */
export const environ = (pid: number | string | undefined) => readOf(pid, 'environ')

function readOf(pid: number | string | undefined, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}
