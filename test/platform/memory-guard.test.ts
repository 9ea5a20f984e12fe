/** Which signals are taken, and that whoever else takes SIGQUIT decides about it. */
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { guardMemory } from '../../src/platform/memory-guard.ts'

test('SIGQUIT ends with 131, but where another listens; SIGUSR1 does nothing', () => {
  const ends: number[] = []
  const proc = Object.assign(new EventEmitter(), { exit: (status: number) => void ends.push(status) })
  guardMemory(proc as unknown as Parameters<typeof guardMemory>[0])
  expect(proc.emit('SIGUSR1')).toBe(true)
  const other = () => {}
  proc.on('SIGQUIT', other)
  proc.emit('SIGQUIT')
  expect(ends).toEqual([])
  proc.off('SIGQUIT', other)
  proc.emit('SIGQUIT')
  expect(ends).toEqual([131])
})
