/**
 * What others could get out of this process's memory by a signal: a core file, which holds whatever tokens are there, and
 * Node's debugger, which SIGUSR1 opens to every user of the machine. Neither is for a program that holds secrets.
 */

type Process = Pick<NodeJS.Process, 'on' | 'exit' | 'listenerCount'>

/**
 * From here on SIGUSR1 does nothing, and SIGQUIT (Ctrl-\) ends the process at once with status 131 and no core file. Whoever
 * else takes SIGQUIT decides about it: an exchange that is open and whose answer must be stored, `exec`'s command.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/process.html#signal-events checked 2026-11-23
 */
export function guardMemory(proc: Process): void {
  // Node starts its debugger only where nobody listens.
  proc.on('SIGUSR1', () => {})
  proc.on('SIGQUIT', () => {
    if (proc.listenerCount('SIGQUIT') === 1) proc.exit(131)
  })
}
