/**
 * The most memory that a process had at once: the kernel's high-water mark of it, as it says at its exit. Not what
 * getrusage says, in which there is how large whoever started the process was.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const RUNS = 5

// Elsewhere than on Linux getrusage is what there is.
const PROBE = `const { existsSync, readFileSync, writeSync } = require('node:fs')
process.on('exit', () => {
  const own = '/proc/self/status'
  const kibibytes = existsSync(own)
    ? Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync(own, 'latin1'))[1])
    : process.resourceUsage().maxRSS
  writeSync(3, String(kibibytes))
})
`

/** The largest of some runs, in MiB; no words at all is an empty Node. @param folder for a file of this function's own */
export function peakMebibytes(program, args, { home, folder }) {
  const probe = join(folder, 'peak.cjs')
  writeFileSync(probe, PROBE)
  const words = args.length === 0 ? ['-e', '0'] : [program.bin, ...args]
  const peaks = Array.from({ length: RUNS }, () =>
    Number(program.runNode(['--require', probe, ...words], { home, fourth: 'pipe' }).output[3]),
  )
  return Math.max(...peaks) / 1024
}
