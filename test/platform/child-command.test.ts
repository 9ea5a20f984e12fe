/** Commands run for real: their ends, what they are given, and the signals that reach them. */
import { spawnSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createCommands } from '../../src/platform/child-command.ts'
import { temporaryHome } from '../support/temporary-home.ts'

/** A process that signals are sent to by hand, and that passes them on for real. */
class FakeProcess extends EventEmitter {
  readonly pid = 4_000_000
  readonly own: string[] = []
  kill(pid: number, signal: NodeJS.Signals): true {
    if (pid === this.pid) {
      this.own.push(signal)
      return true
    }
    return process.kill(pid, signal)
  }
}

function setUp(hasTerminal = false) {
  const proc = new FakeProcess()
  return { proc, commands: createCommands(proc as unknown as NodeJS.Process, () => hasTerminal) }
}

const env = { PATH: '/usr/bin:/bin' }
const run = (...command: string[]) => setUp().commands.run({ command, env })

describe('ends', () => {
  test.each([0, 1, 126, 127, 255])('status %d', async status => {
    expect(await run('sh', '-c', `exit ${status}`)).toEqual({ how: 'ended', status })
  })

  test.each(['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGPIPE', 'SIGABRT'] as const)('%s', async signal => {
    expect(await run('sh', '-c', `kill -${signal.slice(3)} $$`)).toEqual({ how: 'killed', signal })
  })

  const file = (mode: number, text: string) => {
    const path = join(temporaryHome(), 'program')
    writeFileSync(path, text, { mode })
    return path
  }
  test.each<[string, () => string, number, string]>([
    ['no such program', () => 'no-such-program', 127, 'ENOENT'],
    ['no such path', () => '/nonexistent/program', 127, 'ENOENT'],
    ['no name', () => '', 127, 'ENOENT'],
    ['a folder', () => '/usr', 126, 'EACCES'],
    ['no right to run it', () => file(0o600, '#!/bin/sh\n'), 126, 'EACCES'],
    ['an interpreter that is not there', () => file(0o700, '#!/nonexistent/sh\n'), 127, 'ENOENT'],
    ['a path through a file', () => '/etc/passwd/program', 126, 'ENOTDIR'],
  ])('%s', async (_, program, status, code) => {
    expect(await run(program())).toEqual({ how: 'not-started', status, code })
  })

  test('arguments and environment that are too long together', async () => {
    const { commands } = setUp()
    const long = { ...env, A: 'x'.repeat(3_000_000) }
    expect(await commands.run({ command: ['true'], env: long })).toEqual({
      how: 'not-started',
      status: 126,
      code: 'E2BIG',
    })
  })
})

test('arguments arrive as they are, and the environment is what was given', async () => {
  const out = join(temporaryHome(), 'out')
  const words = ['$(id)', '; exit 9', '*', '', '--', "a'b", 'a\nb']
  const script =
    'const { writeFileSync } = require("node:fs"); const [out, ...rest] = process.argv.slice(1); writeFileSync(out, JSON.stringify([rest, process.env]))'
  const given = { PATH: '/usr/bin', A: '1', EMPTY: '' }
  const end = await setUp().commands.run({
    command: [process.execPath, '-e', script, '--', out, ...words],
    env: given,
  })
  expect(end).toEqual({ how: 'ended', status: 0 })
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual([words, given])
})

/** Tells what reaches it by a pipe of its own, until it is told to end; the pipe opens when it listens. */
const LISTENER = `
  const { openSync, writeSync } = require('node:fs')
  const pipe = openSync(process.argv[1], 'w')
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'])
    process.on(name, () => writeSync(pipe, name + '\\n'))
  process.on('SIGTERM', () => process.exit(9))
  writeSync(pipe, 'up\\n')
  setInterval(() => {}, 1000)
`

async function listening(hasTerminal: boolean) {
  const fifo = join(temporaryHome(), 'fifo')
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0)
  const { proc, commands } = setUp(hasTerminal)
  const end = commands.run({ command: [process.execPath, '-e', LISTENER, fifo], env })
  const lines = (await open(fifo)).readLines()[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value as string | undefined
  expect(await next()).toBe('up')
  return { proc, end, next }
}

describe('signals', () => {
  const PASSED = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const

  test('are passed on while it runs, and its end by one of them is its own', async () => {
    const { proc, end, next } = await listening(true)
    for (const signal of PASSED) {
      proc.emit(signal, signal)
      expect(await next()).toBe(signal)
    }
    proc.emit('SIGTERM', 'SIGTERM')
    expect(await end).toEqual({ how: 'ended', status: 9 })
    expect(proc.eventNames()).toEqual([])
  })

  test.each([true, false])(
    'Ctrl-C and Ctrl-\\ it has already where there is a terminal (%s)',
    async hasTerminal => {
      const { proc, end, next } = await listening(hasTerminal)
      for (const signal of ['SIGINT', 'SIGQUIT']) {
        // Without a listener this process would die of it.
        expect(proc.listenerCount(signal)).toBe(1)
        proc.emit(signal, signal)
        if (!hasTerminal) expect(await next()).toBe(signal)
      }
      proc.emit('SIGHUP', 'SIGHUP')
      // Nothing came before it.
      expect(await next()).toBe('SIGHUP')
      proc.emit('SIGTERM', 'SIGTERM')
      expect(await end).toEqual({ how: 'ended', status: 9 })
    },
  )

  test('one that cannot be passed on is let be', async () => {
    const { proc, end, next } = await listening(true)
    const kill = proc.kill.bind(proc)
    proc.kill = () => {
      throw Object.assign(new Error('not yours'), { code: 'EPERM' })
    }
    proc.emit('SIGUSR1', 'SIGUSR1')
    proc.kill = kill
    proc.emit('SIGHUP', 'SIGHUP')
    expect(await next()).toBe('SIGHUP')
    proc.emit('SIGTERM', 'SIGTERM')
    expect(await end).toEqual({ how: 'ended', status: 9 })
  })
})

describe('dying of what the command died of', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGPIPE', 'SIGHUP'] as const)('%s', signal => {
    const { proc, commands } = setUp()
    // Somebody here has taken it.
    proc.on(signal, () => {})
    expect(commands.dieOf(signal)).toBe(128 + constants.signals[signal])
    expect(proc.own).toEqual([signal])
    if (signal !== 'SIGKILL') expect(proc.eventNames()).toEqual([])
  })

  // A core file of this process would have the tokens in it.
  test.each(['SIGQUIT', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGSYS'] as const)(
    '%s only by its status',
    signal => {
      const { proc, commands } = setUp()
      expect(commands.dieOf(signal)).toBe(128 + constants.signals[signal])
      expect(proc.own).toEqual([])
    },
  )
})
