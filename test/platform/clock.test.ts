import { expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'

const LONG_MS = 3_600_000

test('a sleep ends when its signal is aborted, before it began or while it lasts', async () => {
  await systemClock.sleep(LONG_MS, AbortSignal.abort())
  const controller = new AbortController()
  const slept = systemClock.sleep(LONG_MS, controller.signal)
  controller.abort()
  await slept
})

test('a sleep that is over leaves nothing at its signal', async () => {
  const { signal } = new AbortController()
  const listening: string[] = []
  signal.addEventListener = (name: string) => void listening.push(name)
  signal.removeEventListener = (name: string) => void listening.splice(listening.indexOf(name), 1)
  await systemClock.sleep(0, signal)
  expect(listening).toEqual([])
})
