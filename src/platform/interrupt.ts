/** A person's Ctrl-C, or the system's request to stop, as a signal that commands can wait for. */

const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Aborts at the first SIGINT, SIGTERM, SIGHUP or SIGQUIT (Ctrl-\, which people press where Ctrl-C seems to do nothing); the
 * next of any of them ends the process as it always does. Which it was is the message of the signal's reason. Registered
 * when it is first asked for, so other commands die at once.
 */
export function interruption(proc: Pick<NodeJS.Process, 'on' | 'off'>): AbortSignal {
  const controller = new AbortController()
  const stop = (stopped: NodeJS.Signals) => {
    for (const name of STOPS) proc.off(name, stop)
    controller.abort(new DOMException(stopped, 'AbortError'))
  }
  for (const name of STOPS) proc.on(name, stop)
  return controller.signal
}
