/** Programs run for real: their ends, their time, what they say and what they are given. */
import { EventEmitter, once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { interruption } from '../../src/platform/interrupt.ts'
import { LivingPrograms } from '../../src/platform/living-programs.ts'
import { createPrograms, type ProgramCall } from '../../src/platform/run-program.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const programs = createPrograms()
const PATH = '/usr/bin:/bin'

function script(text: string, mode = 0o755): string {
  const path = join(temporaryHome(), 'hook')
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode })
  return path
}

const run = (text: string, more: Partial<ProgramCall> = {}) =>
  programs.run({ command: [script(text)], env: { PATH }, timeoutMs: 20_000, ...more })

test.each([0, 1, 7, 255])('exit status %d', async status => {
  expect(await run(`exit ${status}`)).toEqual({ how: 'ended', status, signal: null, output: '' })
})

test('a signal ends it', async () => {
  expect(await run('kill -9 $$')).toEqual({ how: 'ended', status: null, signal: 'SIGKILL', output: '' })
})

test('arguments arrive as they are: no shell reads them', async () => {
  const words = ['$(touch /tmp/never)', '; exit 9', '`id`', '%PATH%', 'a\nb', '*', '', '--', '-rf']
  const path = script('for word; do printf "<%s>" "$word"; done')
  const end = await programs.run({ command: [path, ...words], env: { PATH }, timeoutMs: 20_000 })
  expect(end.output).toBe(words.map(word => `<${word}>`).join(''))
})

test('the environment is what was given, and nothing of ours', async () => {
  process.env['CANARY_OF_OURS'] = 'CNRY'
  try {
    const end = await run('/usr/bin/env | sort', { env: { PATH, TOKENCTL_EVENT: 'after', GONE: undefined } })
    const lines = end.output
      .trim()
      .split('\n')
      .filter(line => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line))
    expect(lines).toEqual([`PATH=${PATH}`, 'TOKENCTL_EVENT=after'])
  } finally {
    delete process.env['CANARY_OF_OURS']
  }
})

test('it runs in the root folder, with no descriptor of ours', async () => {
  const fd = openSync('/dev/null', 'r')
  try {
    const end = await run('pwd; ls -l /proc/self/fd | grep -c /dev/null')
    // Standard input alone.
    expect(end.output).toBe('/\n1\n')
  } finally {
    closeSync(fd)
  }
})

test('the input arrives whole; without one it is at its end', async () => {
  const input = `${'x'.repeat(300_000)}\n`
  expect((await run('wc -c', { input })).output.trim()).toBe('300001')
  expect((await run('wc -c')).output.trim()).toBe('0')
})

test('a program that does not read its input is no fault', async () => {
  expect(await run('exit 0', { input: 'x'.repeat(2_000_000) })).toMatchObject({ how: 'ended', status: 0 })
})

test('what it says is read to the end, and its last 4 KiB are kept', async () => {
  const end = await run('head -c 3000000 /dev/zero | tr "\\0" a; echo; echo the end >&2')
  expect(end.output).toHaveLength(4096)
  expect(end.output).toMatch(/a\nthe end\n$/)
})

test('bytes that are no text are no fault', async () => {
  const end = await run('head -c 20000 /dev/urandom; printf "\\377\\376\\000"; exit 3')
  expect(end).toMatchObject({ how: 'ended', status: 3 })
  expect(end.output.length).toBeGreaterThan(100)
})

test('one that hangs is ended with all that it started, and so is one that will not hear of it', async () => {
  const pids = [join(temporaryHome(), 'pid'), join(temporaryHome(), 'pid')]
  const started = performance.now()
  const [hung, stubborn] = await Promise.all([
    run(`echo begun; sleep 600 & echo $! > ${pids[0]}; wait`, { timeoutMs: 1500 }),
    run(`trap "" TERM; sleep 600 & echo $! > ${pids[1]}; while :; do wait; done`, { timeoutMs: 1500 }),
  ])
  expect(hung).toEqual({ how: 'timed-out', output: 'begun\n' })
  expect(stubborn.how).toBe('timed-out')
  expect(performance.now() - started).toBeLessThan(10_000)
  for (const path of pids) {
    const pid = Number(readFileSync(path, 'utf8'))
    expect(pid).toBeGreaterThan(1)
    // What was killed a moment ago may still wait for its parent.
    const state = existsSync(`/proc/${pid}/stat`)
      ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2]
      : 'gone'
    expect(['gone', 'Z', 'X']).toContain(state)
  }
})

test('what it leaves running is neither waited for nor ended', async () => {
  const pidFile = join(temporaryHome(), 'pid')
  const end = await run(`sleep 300 & echo $! > ${pidFile}; echo done`)
  expect(end).toEqual({ how: 'ended', status: 0, signal: null, output: 'done\n' })
  const pid = Number(readFileSync(pidFile, 'utf8'))
  expect(() => process.kill(pid, 0)).not.toThrow()
  process.kill(pid)
})

test('one that others can write, or that has gone, is refused at each run', async () => {
  const path = script('exit 0', 0o755)
  const call = { command: [path], env: { PATH }, timeoutMs: 20_000 }
  expect(await programs.run(call)).toMatchObject({ how: 'ended', status: 0 })
  rmSync(path)
  expect(await programs.run(call)).toEqual({
    how: 'refused',
    reason: `There is no program ${path}.`,
    output: '',
  })
})

test('what is no program the system would start is told', async () => {
  const path = join(temporaryHome(), 'hook')
  writeFileSync(path, '#!/nowhere/sh\n', { mode: 0o755 })
  const end = await programs.run({ command: [path], env: { PATH }, timeoutMs: 20_000 })
  expect(end).toMatchObject({ how: 'not-started', reason: expect.stringContaining('could not be started') })
})

test('an argument that the system cannot take is no crash', async () => {
  const path = script('exit 0')
  for (const word of ['\0', 'x'.repeat(5_000_000)]) {
    const end = await programs.run({ command: [path, word], env: { PATH }, timeoutMs: 20_000 })
    expect(end.how).toBe('not-started')
  }
})

describe('a process that is told to end', () => {
  /** A process with its signals, which counts itself as ended by the one that it sends itself. */
  class FakeProcess extends EventEmitter {
    readonly pid = 4711
    readonly kill = (pid: number, name: string) => this.emit('ended', pid, name)

    listening(): readonly string[] {
      return ['SIGINT', 'SIGTERM', 'SIGHUP'].filter(name => this.listenerCount(name) > 0)
    }
  }

  function told() {
    const proc = new FakeProcess()
    const living = new LivingPrograms(proc as unknown as ConstructorParameters<typeof LivingPrograms>[0])
    const ended = once(proc, 'ended')
    return { proc, living, ended, programs: createPrograms(undefined, living) }
  }

  /** A program that will not hear of it, with a child that will not either; both are there once their file is whole. */
  function stubborn() {
    const file = join(temporaryHome(), 'pids')
    const path = script(`trap "" TERM INT HUP
sleep 600 &
echo "$$ $!" > ${file}.new; mv ${file}.new ${file}
while :; do wait; done`)
    const begun = async () => {
      await expect.poll(() => existsSync(file)).toBe(true)
      const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
      onTestFinished(() => {
        // Where the test fails, nothing of it stays.
        for (const pid of pids) if (!isGone(pid)) process.kill(pid, 'SIGKILL')
      })
      return pids
    }
    return { call: { command: [path], env: { PATH }, timeoutMs: 600_000 }, begun }
  }

  const isGone = (pid: number) =>
    !existsSync(`/proc/${pid}/stat`) ||
    ['Z', 'X'].includes(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] ?? '')

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
    'by %s ends its programs and their children first',
    async name => {
      const { proc, programs, ended } = told()
      const [one, other] = [stubborn(), stubborn()]
      const ends: unknown[] = []
      for (const { call } of [one, other]) void programs.run(call).then(end => ends.push(end))
      const pids = [...(await one.begun()), ...(await other.begun())]
      expect(pids.map(isGone)).toEqual([false, false, false, false])
      proc.emit(name, name)
      expect(await ended).toEqual([4711, name])
      for (const pid of pids) await expect.poll(() => isGone(pid)).toBe(true)
      // Nothing is begun behind them, and nobody is told: a caller would begin the next.
      void programs.run({ ...one.call, command: ['/bin/true'] }).then(end => ends.push(end))
      expect(ends).toEqual([])
      expect(proc.listening()).toEqual([])
    },
  )

  test('a stop that a run takes leaves them alone; the next one, of whatever kind, does not', async () => {
    const { proc, programs, ended } = told()
    const { call, begun } = stubborn()
    const signal = interruption(proc as unknown as Parameters<typeof interruption>[0])
    void programs.run(call)
    const pids = await begun()
    proc.emit('SIGINT', 'SIGINT')
    expect(signal.aborted).toBe(true)
    proc.emit('SIGTERM', 'SIGTERM')
    // A third does not wait for farewells.
    const since = performance.now()
    proc.emit('SIGINT', 'SIGINT')
    expect(await ended).toEqual([4711, 'SIGTERM'])
    expect(performance.now() - since).toBeLessThan(900)
    for (const pid of pids) await expect.poll(() => isGone(pid)).toBe(true)
  })

  test('a stop that a run takes lets the program end by itself', async () => {
    const { proc, programs } = told()
    interruption(proc as unknown as Parameters<typeof interruption>[0])
    const end = programs.run({
      command: [script('read line; exit 7')],
      env: { PATH },
      input: '',
      timeoutMs: 20_000,
    })
    proc.emit('SIGTERM', 'SIGTERM')
    expect(await end).toMatchObject({ how: 'ended', status: 7 })
    expect(proc.listening()).toEqual([])
  })

  test('between programs no signal is listened to', async () => {
    const { proc, programs } = told()
    const end = programs.run({ command: [script('exit 0')], env: { PATH }, timeoutMs: 20_000 })
    expect(proc.listening()).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP'])
    await end
    expect(proc.listening()).toEqual([])
  })
})
