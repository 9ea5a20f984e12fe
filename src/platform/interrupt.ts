/** A person's Ctrl-C, or the system's request to stop, as a signal that commands can wait for. */

/** Aborts at the first SIGINT, SIGTERM or SIGHUP. Registered when it is first asked for, so other commands die at once. */
export function interruption(proc: Pick<NodeJS.Process, 'once'>): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) proc.once(name, () => controller.abort())
  return controller.signal
}
