/** Writing past Node's stream: over real files and pipes, in a process of its own. */
import { spawnSync } from 'node:child_process'
import fs, { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
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

  it('to a pipe that does not wait and is full is handed back from there on, byte for byte', () => {
    vi.spyOn(fs, 'fstatSync').mockReturnValue({
      isFile: () => false,
      isFIFO: () => true,
    } as unknown as fs.Stats)
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
