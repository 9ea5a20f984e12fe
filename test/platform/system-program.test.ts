/** The system's programs, run to their end: what they get, and every way in which they do not end. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemPrograms } from '../../src/platform/system-program.ts'

const env = {
  PATH: process.env['PATH'],
  HOME: '/home/me',
  XDG_RUNTIME_DIR: '/run/me',
  LC_ALL: 'de_DE.UTF-8',
}
const run = systemPrograms(env)
const sh = (script: string, options = {}) => run('sh', ['-c', script], options)

test('status, both outputs and the input, byte for byte', async () => {
  const ended = await sh('cat; printf err >&2; exit 3', { input: Buffer.from([0, 255, 10]) })
  expect(ended).toEqual({ status: 3, stdout: Buffer.from([0, 255, 10]), stderr: Buffer.from('err') })
})

test('input that nobody reads is no fault, and without any it is at its end', async () => {
  expect(await sh('exit 0', { input: Buffer.alloc(1_000_000) })).toMatchObject({ status: 0 })
  expect(await sh('cat')).toMatchObject({ status: 0, stdout: Buffer.alloc(0) })
})

test('no shell reads the words', async () => {
  const ended = await run('printf', ['%s', '$HOME; `id` "x"'])
  expect(ended).toMatchObject({ stdout: Buffer.from('$HOME; `id` "x"') })
})

test('the variables that were given, in English, and nothing else of ours', async () => {
  vi.stubEnv('EBAY_SECRET', 's3cr3t')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const ended = await run('env', [], { env: { XDG_RUNTIME_DIR: '/run/other' } })
  const names = 'stdout' in ended ? ended.stdout.toString().trim().split('\n').sort() : []
  expect(names).toEqual(['HOME=/home/me', 'LC_ALL=C', `PATH=${env.PATH}`, 'XDG_RUNTIME_DIR=/run/other'])
})

describe('no end', () => {
  test('absent', async () => {
    expect(await run('tokenctl-no-such-program', [])).toEqual({ failed: 'absent' })
  })

  test('not to be started', async () => {
    expect(await run('/etc/passwd', [])).toEqual({ failed: 'refused' })
  })

  test('hung, and killed', async () => {
    expect(await sh('echo begun; exec sleep 60', { timeoutMs: 200 })).toEqual({ failed: 'hung' })
  })

  test('ended, but something it left holds the pipes', async () => {
    const begun = process.hrtime.bigint()
    expect(await sh('sleep 3 & echo done', { timeoutMs: 200 })).toEqual({ failed: 'hung' })
    expect(Number(process.hrtime.bigint() - begun) / 1e6).toBeLessThan(2500)
  })

  test('endless', async () => {
    const timers = () => process.getActiveResourcesInfo().filter(each => each === 'Timeout').length
    const before = timers()
    expect(await sh('exec cat /dev/zero')).toEqual({ failed: 'endless' })
    // Nobody waits for the limit any more.
    expect(timers()).toBe(before)
  })

  test('by a signal', async () => {
    expect(await sh('kill -9 $$')).toMatchObject({ status: null })
  })
})
