/**
 * The most memory that a process had at once, as the kernel tells whoever waits for it: `getrusage` of the child, which Node
 * does not pass on, so Python waits. A module that the process preloads would tell it too, but its path has to be resolved,
 * and that alone can have V8 compile `node:path` to machine code, in 6 MiB.
 */
import { pathOf } from './peers.js'

const RUNS = 5

// The figure is never less than what Python itself takes, a quarter of an empty Node.
const WAIT = `import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
os.write(3, str(usage.ru_maxrss).encode())
sys.exit(os.waitstatus_to_exitcode(status))
`

// macOS counts bytes, all others KiB.
const A_MEBIBYTE = process.platform === 'darwin' ? 1024 * 1024 : 1024

/** The largest of some runs, in MiB; no words at all is an empty Node. Undefined where there is no Python. */
export function peakMebibytes(program, args, { home } = {}) {
  const python = pathOf('python3')
  if (python === undefined) return undefined
  const options = { home, fourth: 'pipe' }
  const peak = () => Number(program.runUnder([python, '-c', WAIT], args, options).output[3]) / A_MEBIBYTE
  return Math.max(...Array.from({ length: RUNS }, peak))
}
