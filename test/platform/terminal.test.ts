/** The terminal over streams that a test makes; and over real ones, where a reader that leaves counts. */
import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTerminal, type OutStream, type Streams, wantsColour } from '../../src/platform/terminal.ts'

class Screen extends EventEmitter {
  text = ''
  isTTY = false
  declare columns?: number
  write(text: string, done?: () => void): boolean {
    this.text += text
    done?.()
    return true
  }
}

function streams(input: (Uint8Array | string)[] = [], inIsTerminal = false) {
  const stdin = Object.assign(Readable.from(input), { isTTY: inIsTerminal })
  const stdout = new Screen()
  const stderr = new Screen()
  return { stdin, stdout: stdout as Screen & OutStream, stderr: stderr as Screen & OutStream }
}

describe('what it is', () => {
  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('input a terminal: %s, error a terminal: %s, interactive: %s', (stdin, stderr, expected) => {
    const all = streams([], stdin)
    all.stderr.isTTY = stderr
    all.stdout.isTTY = !stderr
    expect(createTerminal(all, {}).isInteractive).toBe(expected)
    expect(createTerminal(all, {}).outIsTerminal).toBe(!stderr)
  })

  it.each([
    [undefined, 80],
    [0, 80],
    [40, 40],
  ])('%s columns are %i', (columns, expected) => {
    const all = streams()
    if (columns !== undefined) all.stdout.columns = columns
    expect(createTerminal(all, {}).columns).toBe(expected)
  })

  const colours: [terminal: boolean, env: Record<string, string>, expected: boolean][] = [
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: 'false' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, true],
  ]
  it.each(colours)('a terminal: %s, %j: colour %s', (terminal, env, expected) => {
    expect(wantsColour(terminal, env)).toBe(expected)
  })
})

describe('writing', () => {
  it('sends results and the rest two ways', () => {
    const all = streams()
    const terminal = createTerminal(all, {})
    terminal.out('a')
    terminal.err('b')
    terminal.out('c')
    expect([all.stdout.text, all.stderr.text]).toEqual(['ac', 'b'])
  })

  it('goes on quietly when the reader has left', () => {
    const all = streams()
    const terminal = createTerminal(all, {})
    terminal.out('a')
    all.stdout.emit('error', Object.assign(new Error('x'), { code: 'EPIPE' }))
    terminal.out('b')
    terminal.err('c')
    expect([all.stdout.text, all.stderr.text]).toEqual(['a', 'c'])
    expect(terminal.outFailure).toBeUndefined()
  })

  it('does not take a full disk for a reader that left', () => {
    const all = streams()
    const terminal = createTerminal(all, {})
    terminal.out('a')
    expect(terminal.outFailure).toBeUndefined()
    all.stdout.emit('error', Object.assign(new Error('x'), { code: 'ENOSPC' }))
    terminal.out('b')
    expect(terminal.outFailure).toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('ENOSPC'),
    })
  })

  it('delivers what a command is called for, or says that it did not', async () => {
    const lost = { what: 'No copy was made', fix: 'Try again.' }
    const all = streams()
    const terminal = createTerminal(all, {})
    await terminal.deliver('a', lost)
    expect([all.stdout.text, terminal.outFailure]).toEqual(['a', undefined])
    all.stdout.emit('error', Object.assign(new Error('x'), { code: 'EPIPE' }))
    const words = {
      code: 'WRITE_FAILED',
      message: expect.stringMatching(/^No copy was made: .*EPIPE/),
      fix: 'Try again.',
    }
    await expect(terminal.deliver('b', lost)).rejects.toMatchObject(words)
    expect([all.stdout.text, terminal.outFailure]).toEqual(['a', expect.objectContaining(words)])
  })

  it('pours a piece after the other, each when the one before it is on its way, until its reader has gone', async () => {
    const all = streams()
    const taken: ((error?: Error) => void)[] = []
    const stdout = Object.assign(all.stdout, {
      write: (text: string, done: () => void) => {
        all.stdout.text += text
        return taken.push(done) > 99
      },
    })
    const terminal = createTerminal({ ...all, stdout }, {})
    let isThrough = false
    const first = terminal.pour('a').then(went => {
      isThrough = true
      return went
    })
    await Promise.resolve()
    expect(isThrough).toBe(false)
    taken[0]?.()
    expect(await first).toBe(true)
    const second = terminal.pour('b')
    const gone = Object.assign(new Error('x'), { code: 'EPIPE' })
    taken[1]?.(gone)
    expect(await second).toBe(false)
    stdout.emit('error', gone)
    expect(await terminal.pour('c')).toBe(false)
    expect([all.stdout.text, terminal.outFailure]).toEqual(['ab', undefined])
  })

  it('ends by itself, with its own status and no stack, when a real pipe closes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tokenctl-terminal-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'terminal.cjs')
    await build({
      input: fileURLToPath(new URL('../../src/platform/terminal.ts', import.meta.url)),
      output: { file, format: 'cjs' },
      logLevel: 'silent',
    })
    const program = `
      const terminal = require(${JSON.stringify(file)}).createTerminal(process, process.env)
      const line = 'line '.repeat(2000) + '\\n'
      let rounds = 0
      const more = () => {
        for (let i = 0; i < 50; i += 1) terminal.out(line)
        if ((rounds += 1) < 20) return setImmediate(more)
        terminal.err('done')
        process.exitCode = 3
      }
      more()`
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.once('data', () => child.stdout.destroy())
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', text => {
      errors += text
    })
    const status = await new Promise(resolve => child.on('close', resolve))
    expect({ status, errors }).toEqual({ status: 3, errors: 'done' })
  })
})

describe('reading standard input', () => {
  const read = (all: Streams, limit?: number) => createTerminal(all, {}).readStdin('the document', limit)

  it('reads to the end, across pieces that split a letter', async () => {
    const bytes = Buffer.from('ä€\n')
    expect(await read(streams([bytes.subarray(0, 1), bytes.subarray(1, 3), bytes.subarray(3)]))).toBe('ä€\n')
  })

  it('is empty where nothing comes', async () => {
    expect(await read(streams())).toBe('')
  })

  it('drops a byte order mark', async () => {
    expect(await read(streams([Buffer.from([0xef, 0xbb, 0xbf, 0x61])]))).toBe('a')
  })

  it('takes the limit and not a byte more', async () => {
    expect(await read(streams(['abc']), 3)).toBe('abc')
    await expect(read(streams(['ab', 'cd']), 3)).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('stops reading at the limit, however much would come', async () => {
    let given = 0
    const endless = async function* () {
      for (;;) {
        given += 1
        yield Buffer.alloc(64 * 1024)
      }
    }
    const all = streams()
    await expect(
      createTerminal({ ...all, stdin: endless() }, {}).readStdin('the document'),
    ).rejects.toMatchObject({ code: 'USAGE' })
    expect(given).toBe(17)
  })

  it.each([
    ['Latin-1', Buffer.from('CNRY\xfc', 'latin1')],
    ['UTF-16', Buffer.from('\ufeffCNRY', 'utf16le')],
  ])('refuses %s without quoting it', async (_, bytes) => {
    const error = await read(streams([bytes])).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'USAGE' })
    expect(String(error)).not.toContain('CNRY')
  })

  it('gives bytes as they are, up to the limit', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe])
    const bytesOf = (limit: number) =>
      createTerminal(streams([bytes.subarray(0, 1), bytes.subarray(1)]), {}).readStdinBytes('the file', limit)
    expect(Buffer.from(await bytesOf(3))).toEqual(bytes)
    await expect(bytesOf(2)).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('refuses an input that cannot be read', async () => {
    const broken = Object.assign(
      new Readable({
        read() {
          this.destroy(Object.assign(new Error('x'), { code: 'EISDIR' }))
        },
      }),
      { isTTY: false },
    )
    await expect(read({ ...streams(), stdin: broken })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('EISDIR'),
    })
  })

  it('says at a terminal what it waits for, and says nothing in a pipe', async () => {
    const terminal = streams(['x'], true)
    await read(terminal)
    expect(terminal.stderr.text).toBe('Waiting for the document on standard input; Ctrl-D ends it.\n')
    const pipe = streams(['x'])
    await read(pipe)
    expect(pipe.stderr.text).toBe('')
  })
})
