/** A stop as a signal: which one is taken, and that only one is. */
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { interruption } from '../../src/platform/interrupt.ts'

type Process = Parameters<typeof interruption>[0]

const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

test.each(STOPS)('the first %s aborts, and whatever comes next is not taken', name => {
  const proc = new EventEmitter()
  const signal = interruption(proc as unknown as Process)
  expect(signal.aborted).toBe(false)
  expect(proc.emit(name, name)).toBe(true)
  expect(signal.aborted).toBe(true)
  expect(signal.reason).toMatchObject({ name: 'AbortError', message: name })
  // Without a listener the system's own way holds: the process ends.
  expect(STOPS.map(next => proc.emit(next))).toEqual([false, false, false, false])
})
