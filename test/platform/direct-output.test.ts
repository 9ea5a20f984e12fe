/** Writing past Node's stream: over real files and pipes, in a process of its own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs, { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemCode } from '../../src/errors.ts'
import { directOutput } from '../../src/platform/direct-output.ts'

const folder = mkdtempSync(join(tmpdir(), 'direct-output-'))
const program = join(folder, 'program.cjs')

beforeAll(async () => {
  // Writes each argument. Then what became of it, on the other output.
  const entry = join(folder, 'entry.mjs')
  const source = (name: string) => JSON.stringify(join(import.meta.dirname, '../../src/platform', name))
  writeFileSync(
    entry,
    `import { directOutput } from ${source('direct-output.ts')}
import { createTerminal } from ${source('terminal.ts')}
const [how, ...texts] = process.argv.slice(2)
const made = Object.getOwnPropertyDescriptor(process, 'stdout')
let streams = false
Object.defineProperty(process, 'stdout', { get() { streams = true; return made.get.call(process) } })
const terminal = createTerminal(process, process.env, { out: directOutput(1, process.platform) })
const long = text => text.replace(/^x(\\d+)$/, (_, times) => '\\u20ac'.repeat(Number(times)) + '\\n')
const end = () => setImmediate(() => process.stderr.write(JSON.stringify({ streams, isTerminal: terminal.outIsTerminal, failure: terminal.outFailure?.message ?? null })))
if (how === 'out') { for (const text of texts) terminal.out(long(text)); end() }
else texts.reduce((before, text) => before.then(() => terminal.pour(long(text))), Promise.resolve()).then(end)
`,
  )
  await build({
    input: entry,
    platform: 'node',
    logLevel: 'silent',
    output: { file: program, format: 'cjs' },
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(args: readonly string[], stdout: number | 'pipe') {
  const { stdout: out, stderr } = spawnSync(process.execPath, [program, ...args], {
    stdio: ['ignore', stdout, 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  })
  return { out, ...(JSON.parse(stderr) as { streams: boolean; isTerminal: boolean; failure: string | null }) }
}

/** Fills a pipe to its last byte; how many went in. */
function fill(pipe: number): number {
  let filled = 0
  for (const size of [4096, 1]) {
    try {
      for (;;) filled += fs.writeSync(pipe, Buffer.alloc(size, 'x'))
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error
    }
  }
  return filled
}

/** All that comes through a pipe until a program has ended. */
async function readUntil(child: ChildProcess, pipe: number): Promise<Buffer> {
  const chunk = Buffer.alloc(65_536)
  const got: Buffer[] = []
  const drain = () => {
    try {
      for (;;) got.push(Buffer.from(chunk.subarray(0, fs.readSync(pipe, chunk))))
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error
    }
  }
  while (child.exitCode === null) {
    drain()
    await new Promise(resolve => setImmediate(resolve))
  }
  drain()
  return Buffer.concat(got)
}

describe('what is written', () => {
  it.each(['out', 'pour'])('to a file is there, whole, and no stream is made (%s)', how => {
    const path = join(folder, `file-${how}`)
    const fd = openSync(path, 'w')
    const { streams, isTerminal } = run([how, 'a\n', 'x300000', 'b\n'], fd)
    closeSync(fd)
    expect(readFileSync(path, 'utf8')).toBe(`a\n${'€'.repeat(300_000)}\nb\n`)
    expect({ streams, isTerminal }).toEqual({ streams: false, isTerminal: false })
  })

  it('to a pipe needs no stream while it is short', () => {
    expect(run(['out', 'a\n', 'ü\n'], 'pipe')).toMatchObject({ out: 'a\nü\n', streams: false, failure: null })
  })

  it.each(['out', 'pour'])('to a pipe keeps its order when a stream takes over (%s)', how => {
    const { out, streams } = run([how, 'a\n', 'x5000', 'b\n', 'x50000', 'c\n'], 'pipe')
    expect(out).toBe(`a\n${'€'.repeat(5000)}\nb\n${'€'.repeat(50_000)}\nc\n`)
    expect(streams).toBe(true)
  })

  it.runIf(process.platform === 'linux')(
    'to a pipe that is full waits for nobody, and all of it comes',
    async () => {
      const path = join(folder, 'pipe')
      execFileSync('mkfifo', [path])
      // Both ends, so that neither waits for the other; the program's own end waits, as a shell's does.
      const reader = openSync(path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
      const writer = openSync(path, 'w')
      const full = fill(reader)
      const child = spawn(process.execPath, [program, 'out', 'a\n', 'x5000', 'b\n'], {
        stdio: ['ignore', writer, 'pipe'],
      })
      closeSync(writer)
      // What it says when it has come round while nobody has read a byte.
      const [said] = (await once(child.stderr ?? child, 'data')) as [Buffer]
      expect(JSON.parse(said.toString())).toMatchObject({ streams: true, failure: null })
      const got = await readUntil(child, reader)
      closeSync(reader)
      expect(got.subarray(full).toString()).toBe(`a\n${'€'.repeat(5000)}\nb\n`)
    },
  )

  it.runIf(process.platform === 'linux')('to a pipe of a shell needs no stream while it takes it', () => {
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', '"$0" "$@" | cat', process.execPath, program, 'out', 'a\n', 'x9000'],
      {
        encoding: 'utf8',
      },
    )
    expect(stdout).toBe(`a\n${'€'.repeat(9000)}\n`)
    expect(JSON.parse(stderr)).toMatchObject({ streams: false, failure: null })
  })

  it('to a pipe whose reader has gone is dropped, and no failure', () => {
    const line = '{ "$0" "$@" 2>&3; } 3>&2 | true'
    const { stderr } = spawnSync('sh', ['-c', line, process.execPath, program, 'out', 'a\n', 'x300000'], {
      encoding: 'utf8',
    })
    expect(JSON.parse(stderr)).toMatchObject({ failure: null })
  })

  it('to a pipe that takes a part is handed back from there on, byte for byte', () => {
    vi.spyOn(fs, 'fstatSync').mockReturnValue({
      isFile: () => false,
      isFIFO: () => true,
    } as unknown as fs.Stats)
    vi.spyOn(fs, 'openSync').mockReturnValue(99)
    const refused = Object.assign(new Error('full'), { code: 'EAGAIN' })
    vi.spyOn(fs, 'writeSync')
      .mockReturnValueOnce(2)
      .mockImplementationOnce(() => {
        throw refused
      })
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    // The second byte of what is left belongs to a character whose first is written.
    expect(directOutput(1, 'linux').write('a€b')).toEqual(Buffer.from('a€b').subarray(2))
  })
})
