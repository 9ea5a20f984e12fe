/** Lines that are only added: what is read back, by how many at once, and what is refused. */
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { createLineLog, type LineLog } from '../../src/platform/line-log.ts'
import { buildEntry } from '../support/built.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'

const files = createNodeFiles()

let home: string
let log: LineLog
const first = () => join(home, 'history.1.jsonl')
beforeEach(() => {
  home = temporaryHome()
  log = createLineLog(home, 'history', files)
})

function failure(work: () => unknown): TokenctlError {
  try {
    work()
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('adding lines', () => {
  it('gives them back in their order, from a file that is ours alone', () => {
    expect(log.lines()).toEqual([])
    log.append('one')
    log.append('two')
    expect(log.lines()).toEqual(['one', 'two'])
    expect(fs.readFileSync(first(), 'utf8')).toBe('one\ntwo\n')
    expect(fs.statSync(first()).mode & 0o777).toBe(0o600)
  })

  it('makes no folder: nothing is there, before and after', () => {
    const missing = join(home, 'state')
    const other = createLineLog(missing, 'history', files)
    other.append('one')
    expect(other.lines()).toEqual([])
    expect(fs.existsSync(missing)).toBe(false)
  })

  it('keeps its hands off other files of the folder', () => {
    const strangers = [
      'history.jsonl',
      'history.0.jsonl',
      'history.x.jsonl',
      'xhistory.9.jsonl',
      'vault.json',
    ]
    for (const name of strangers) fs.writeFileSync(join(home, name), 'not ours\n')
    log.append('one')
    expect(log.lines()).toEqual(['one'])
    expect(fs.readdirSync(home).sort()).toEqual(['history.1.jsonl', ...strangers].sort())
  })

  it('begins a line of its own after a torn one', () => {
    log.append('one')
    fs.appendFileSync(first(), '{"torn')
    expect(log.lines()).toEqual(['one', '{"torn'])
    log.append('two')
    expect(log.lines()).toEqual(['one', '{"torn', 'two'])
  })

  it('on a full disk: WRITE_FAILED, and what the disk took is no part of a later line', () => {
    // A limit on a file's length does what a full disk does: the write stops in the midst of the line.
    const script = `ulimit -f 1; exec "$0" -e '${APPENDER}' "$1" "$2" 1 0 ${'x'.repeat(1500)}`
    fs.writeFileSync(first(), `${'a'.repeat(99)}\n`, { mode: 0o600 })
    const run = () =>
      execFileSync('bash', ['-c', `trap "" XFSZ; ${script}`, process.execPath, built, home], {
        stdio: 'pipe',
        input: '\n',
      })
    expect(run).toThrow(/took only a part of a line/)
    log.append('after')
    const lines = log.lines()
    expect(lines).toEqual(['a'.repeat(99), expect.stringMatching(/^0 0 x+$/), 'after'])
    expect(lines[1]?.length).toBe(1024 - 100)
  })
})

describe('its bounds', () => {
  const maxBytes = 100
  beforeEach(() => {
    log = createLineLog(home, 'history', files, { maxBytes })
  })

  it('a full file is left for the next number, and two are kept', () => {
    const all = Array.from({ length: 100 }, (_, index) => `line ${String(index).padStart(4, '0')}`)
    for (const line of all) {
      log.append(line)
      expect(fs.readdirSync(home).length).toBeLessThanOrEqual(2)
    }
    const kept = log.lines()
    expect(kept).toEqual(all.slice(-kept.length))
    // Ten bytes a line: the older file is full, the newer holds at least the line that began it.
    expect(kept.length).toBeGreaterThan(10)
    for (const name of fs.readdirSync(home))
      expect(fs.statSync(join(home, name)).size).toBeLessThan(maxBytes + 10)
  })

  it('takes more lines at once than a file holds, and keeps the last of them', () => {
    log = createLineLog(home, 'history', files)
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index} ${'x'.repeat(200)}`)
    log.append('before', ...lines)
    const kept = log.lines()
    expect(kept.length).toBeGreaterThan(5000)
    expect(kept).toEqual(lines.slice(-kept.length))
    expect(fs.readdirSync(home)).toHaveLength(2)
    log.append('after')
    expect(log.lines().at(-1)).toBe('after')
  })

  it('removes what a run that was killed could not', () => {
    for (const number of [3, 4, 12]) {
      fs.writeFileSync(join(home, `history.${number}.jsonl`), `from ${number}\n`, { mode: 0o600 })
    }
    log.append('new')
    expect(fs.readdirSync(home)).toEqual(['history.12.jsonl'])
    expect(log.lines()).toEqual(['from 12', 'new'])
  })

  it('reads by the number, not by the letters of the name', () => {
    for (const number of [9, 10]) {
      fs.writeFileSync(join(home, `history.${number}.jsonl`), `from ${number}\n`, { mode: 0o600 })
    }
    expect(log.lines()).toEqual(['from 9', 'from 10'])
  })

  it('property: what is kept is the end of what was written, and all of the last file’s worth', () => {
    const line = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).map(text => JSON.stringify(text))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 300 }), (lines, limit) => {
        const { path, remove } = makeHome()
        try {
          for (const each of lines) createLineLog(path, 'x', files, { maxBytes: limit }).append(each)
          // Read as if the limit were larger: a line may be longer than the whole limit here.
          const kept = createLineLog(path, 'x', files).lines()
          expect(kept).toEqual(lines.slice(lines.length - kept.length))
          const bytes = (some: readonly string[]) => Buffer.byteLength(some.join('\n'))
          if (kept.length < lines.length) expect(bytes(kept)).toBeGreaterThanOrEqual(limit)
        } finally {
          remove()
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('what is refused, for writing and for reading', () => {
  it.each([
    ['a symbolic link', () => fs.symlinkSync(join(home, 'real'), first()), /symbolic link/],
    ['a file that others can read', () => fs.chmodSync(first(), 0o644), /mode 0644/],
    ['a file with a second name', () => fs.linkSync(first(), join(home, 'second')), /2 names/],
    ['a FIFO', () => execFileSync('mkfifo', [first()]), /not a regular file/],
  ])('%s', (what, spoil, message) => {
    fs.writeFileSync(join(home, 'real'), 'real\n', { mode: 0o600 })
    if (what.includes('file')) log.append('one')
    spoil()
    expect(failure(() => log.append('two'))).toMatchObject({ code: 'RECORD_UNREADABLE' })
    expect(failure(() => log.append('two')).message).toMatch(message)
    expect(failure(() => log.lines()).message).toMatch(message)
    expect(fs.readFileSync(join(home, 'real'), 'utf8')).toBe('real\n')
  })

  it('a folder in its place', () => {
    fs.mkdirSync(first())
    expect(failure(() => log.append('two'))).toMatchObject({ code: 'WRITE_FAILED' })
    expect(failure(() => log.lines())).toMatchObject({ code: 'RECORD_UNREADABLE' })
  })

  it('a state folder that is open to others', () => {
    fs.chmodSync(home, 0o755)
    expect(failure(() => log.append('one'))).toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    expect(failure(() => log.lines())).toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    expect(fs.readdirSync(home)).toEqual([])
  })

  it('a file of another user, where there are users', () => {
    log.append('one')
    const uid = (files.uid ?? 0) + 4711
    const other = { list: files.list, readPrivate: files.readPrivate, uid }
    const there = createLineLog(home, 'history', { ...other, platform: 'linux' })
    expect(failure(() => there.append('two')).message).toMatch(/belongs to another user/)
    createLineLog(home, 'history', { ...other, platform: 'win32' }).append('two')
    expect(log.lines()).toEqual(['one', 'two'])
  })
})

const built = await buildEntry('src/platform/line-log.ts', 'line-log')

/** Appends `argv[3]` lines when it is told to begin: `<name> <number> <filling>`. */
const APPENDER = `
const fs = require("node:fs")
const [, built, home, count, name, filling] = process.argv
const { createLineLog } = require(built)
const files = { list: fs.readdirSync, platform: process.platform, uid: process.geteuid?.() }
const log = createLineLog(home, "history", files, { maxBytes: Number(process.env.MAX ?? 1 << 20) })
process.stdout.write("ready")
process.stdin.once("data", () => {
  for (let n = 0; n < Number(count); n += 1) log.append([name, n, filling].join(" "))
  process.exit(0)
})
`

describe('at once', () => {
  const WRITERS = 8
  const EACH = 500

  it.each([
    ['in one file', 1 << 20, 1],
    // Each line has 37 to 41 bytes: about 1.5 files of it, so the one turn comes in the midst of the crowd.
    ['over the turn to the next', 100_000, 2],
  ])(
    `${WRITERS} processes lose nothing and tear nothing, %s`,
    async (_, maxBytes, fileCount) => {
      const filling = 'f'.repeat(32)
      const children = Array.from({ length: WRITERS }, (_, name) =>
        spawn(process.execPath, ['-e', APPENDER, built, home, String(EACH), String(name), filling], {
          env: { ...process.env, MAX: String(maxBytes) },
        }),
      )
      const errors: string[] = []
      for (const child of children) child.stderr.on('data', chunk => errors.push(String(chunk)))
      await Promise.all(children.map(child => new Promise(resolve => child.stdout.once('data', resolve))))
      const ended = children.map(child => new Promise(resolve => child.once('close', resolve)))
      for (const child of children) child.stdin.end('\n')
      expect(await Promise.all(ended)).toEqual(children.map(() => 0))
      expect(errors).toEqual([])

      const lines = createLineLog(home, 'history', files).lines()
      const expected = children.flatMap((_, name) =>
        Array.from({ length: EACH }, (_, n) => `${name} ${n} ${filling}`),
      )
      expect([...lines].sort()).toEqual(expected.sort())
      expect(fs.readdirSync(home)).toHaveLength(fileCount)
      // Each one's own lines stand in the order in which it wrote them.
      for (const name of children.keys()) {
        const own = lines.filter(line => line.startsWith(`${name} `)).map(line => Number(line.split(' ')[1]))
        expect(own).toEqual([...own].sort((one, other) => one - other))
      }
    },
    60_000,
  )
})
