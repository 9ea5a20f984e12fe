/** A person who waits longer than a second is told for what, once; a pipe is told nothing. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { showProgress } from '../../../src/cli/doctor/progress.ts'
import { screen } from '../render/screen.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = () => new Promise<void>(() => {})

test('what is slow is named after a second, and what is done by then is not', async () => {
  const terminal = screen(80)
  const progress = showProgress(terminal)
  void progress.during('the keychain', never())
  void progress.during('the marketplaces', never())
  await progress.during('the disk', Promise.resolve())
  vi.advanceTimersByTime(999)
  expect(terminal.shown.err).toBe('')
  vi.advanceTimersByTime(10_000)
  expect(terminal.shown.err).toBe('Still looking at the keychain, the marketplaces …\n')
})

test('nothing is said of what is quick, nor into a pipe', () => {
  const [quick, pipe] = [screen(80), screen('pipe')]
  showProgress(quick).end()
  void showProgress(pipe).during('the keychain', never())
  vi.advanceTimersByTime(10_000)
  expect(quick.shown.err + pipe.shown.err).toBe('')
})

test('work that fails is done too', async () => {
  const terminal = screen(80)
  const progress = showProgress(terminal)
  await expect(progress.during('the disk', Promise.reject(new Error('full')))).rejects.toThrow('full')
  vi.advanceTimersByTime(10_000)
  expect(terminal.shown.err).toBe('')
})
