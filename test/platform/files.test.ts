import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { createNodeFiles, type Files } from '../../src/platform/files.ts'
import { buildEntry } from '../support/built.ts'
import { failOnce, watchFs } from '../support/fs-calls.ts'
import { hasProgram } from '../support/needed-program.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'

const nodeFiles = createNodeFiles()

const windows = createNodeFiles({ platform: 'win32', uid: undefined })
const otherUser = createNodeFiles({ platform: 'linux', uid: (process.geteuid?.() ?? 0) + 4711 })

function failure(work: () => unknown): TokenctlError {
  try {
    work()
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

let home: string
let path: string
beforeEach(() => {
  home = temporaryHome()
  path = join(home, 'file')
})

describe('reading a private file', () => {
  it('gives its bytes, or undefined where there is none', () => {
    expect(nodeFiles.readPrivate(path)).toBeUndefined()
    fs.writeFileSync(path, 'one\ntwo\n', { mode: 0o600 })
    expect(nodeFiles.readPrivate(path)?.toString()).toBe('one\ntwo\n')
    expect(nodeFiles.readPrivate(path, { firstLine: true })?.toString()).toBe('one')
  })

  it.each([
    [
      'a symbolic link',
      () => fs.symlinkSync(join(home, 'real'), path),
      /symbolic link/,
      /Links are not followed/,
    ],
    ['a folder', () => fs.mkdirSync(path), /is a folder/, /Move it away/],
    ['a FIFO', () => execFileSync('mkfifo', [path]), /not a regular file/, /regular file/],
    ['mode 0640', () => fs.chmodSync(path, 0o640), /mode 0640/, /chmod 600 \S+\/file/],
    ['mode 0604', () => fs.chmodSync(path, 0o604), /mode 0604/, /chmod 600/],
    ['mode 0666', () => fs.chmodSync(path, 0o666), /mode 0666/, /chmod 600/],
    ['a second name', () => fs.linkSync(path, `${path}2`), /2 names \(hard links\)/, /cp -p/],
    ['a file above it', () => undefined, /cannot be read: something above it is not a folder/, /./],
  ])('refuses %s and says what mends it', (what, spoil, message, fix) => {
    const absent = what === 'a symbolic link' || what === 'a folder' || what === 'a FIFO'
    if (absent) fs.writeFileSync(join(home, 'real'), 'x', { mode: 0o600 })
    else fs.writeFileSync(path, 'secret', { mode: 0o600 })
    spoil()
    const read = what === 'a file above it' ? join(path, 'below') : path
    const error = failure(() => nodeFiles.readPrivate(read, { code: 'VAULT_UNAVAILABLE' }))
    expect(error).toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    expect(error.message).toMatch(message)
    expect(error.message).toContain(home)
    expect(error.fix).toMatch(fix)
    expect(failure(() => nodeFiles.readPrivate(read)).code).toBe('RECORD_UNREADABLE')
  })

  it('refuses a file of another user', () => {
    fs.writeFileSync(path, 'secret', { mode: 0o600 })
    expect(failure(() => otherUser.readPrivate(path)).message).toMatch(
      /belongs to another user \(uid \d+, not \d+\)/,
    )
  })

  it('lets root own a credential and its group read it, and nobody else', () => {
    if (process.geteuid?.() !== 0) return
    fs.writeFileSync(path, 'key', { mode: 0o600 })
    fs.chmodSync(path, 0o440)
    expect(otherUser.readPrivate(path, { owner: 'system' })?.toString()).toBe('key')
    fs.chmodSync(path, 0o444)
    expect(failure(() => otherUser.readPrivate(path, { owner: 'system' })).message).toMatch(/mode 0444/)
  })

  it('knows no user where the system has none, as Windows has', () => {
    vi.stubGlobal('process', { platform: 'win32' })
    try {
      expect(createNodeFiles()).toMatchObject({ platform: 'win32', uid: undefined })
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('asks no POSIX question on Windows', () => {
    fs.writeFileSync(path, 'secret')
    fs.chmodSync(path, 0o666)
    expect(windows.readPrivate(path)?.toString()).toBe('secret')
  })

  it.each([
    [10, 10, false],
    [11, 10, true],
    [20_000, 19_999, true],
    [20_000, 20_000, false],
  ])('a file of %i bytes with a cap of %i: refused is %s', (size, maxBytes, refused) => {
    fs.writeFileSync(path, 'x'.repeat(size), { mode: 0o600 })
    if (refused)
      expect(failure(() => nodeFiles.readPrivate(path, { maxBytes })).message).toMatch(/longer than/)
    else expect(nodeFiles.readPrivate(path, { maxBytes })).toHaveLength(size)
  })

  it('stops at the end of a first line, however much follows', () => {
    fs.writeFileSync(path, `one\n${'y'.repeat(20_000)}`, { mode: 0o600 })
    const { calls, stillOpen } = watchFs()
    expect(nodeFiles.readPrivate(path, { firstLine: true, maxBytes: 10 })?.toString()).toBe('one')
    expect([calls, stillOpen()]).toEqual([['open file', 'close file'], []])
    expect(() => nodeFiles.readPrivate(path, { maxBytes: 10 })).toThrow(TokenctlError)
    expect(stillOpen()).toEqual([])
  })

  it('caps a first line too, and reads one that is longer than a block', () => {
    fs.writeFileSync(path, `${'x'.repeat(20_000)}\n${'y'.repeat(50)}`, { mode: 0o600 })
    expect(nodeFiles.readPrivate(path, { firstLine: true, maxBytes: 20_000 })).toHaveLength(20_000)
    expect(failure(() => nodeFiles.readPrivate(path, { firstLine: true, maxBytes: 19_999 })).code).toBe(
      'RECORD_UNREADABLE',
    )
  })
})

describe('reading a plain file', () => {
  it('gives its text without the byte order mark, follows links, and undefined where there is none', () => {
    expect(nodeFiles.readPlain(path)).toBeUndefined()
    fs.writeFileSync(join(home, 'real'), '\uFEFF{}')
    fs.symlinkSync(join(home, 'real'), path)
    expect(nodeFiles.readPlain(path)).toBe('{}')
  })

  it('gives all its lines, and lets go of it', () => {
    fs.writeFileSync(path, 'one\ntwo\n')
    const { stillOpen } = watchFs()
    expect(nodeFiles.readPlain(path)).toBe('one\ntwo\n')
    expect(stillOpen()).toEqual([])
  })

  it.each([
    ['EACCES', 'EACCES'],
    ['', 'unknown error'],
  ])('says with what it cannot be read: %s', (code, words) => {
    const cause = Object.assign(new Error('no'), code === '' ? {} : { code })
    vi.spyOn(fs, 'openSync').mockImplementationOnce(() => {
      throw cause
    })
    const error = failure(() => nodeFiles.readPlain(path))
    expect(error).toMatchObject({
      code: 'SETTINGS_INVALID',
      message: `${path} cannot be read (${words}).`,
      fix: 'Mend the file or move it away.',
      cause,
    })
  })

  it.each([
    ['a folder', () => fs.mkdirSync(path), /not a regular file/],
    ['no UTF-8', () => fs.writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d])), /not UTF-8/],
    ['2 MiB', () => fs.writeFileSync(path, ' '.repeat(2 * 1024 * 1024)), /longer than 1 MiB/],
  ])('refuses %s with SETTINGS_INVALID', (_, make, message) => {
    make()
    const error = failure(() => nodeFiles.readPlain(path))
    expect(error.code).toBe('SETTINGS_INVALID')
    expect(error.message).toMatch(message)
  })
})

describe('writing durably', () => {
  it('replaces a file whole, private whatever it was, and leaves nothing beside it', () => {
    fs.writeFileSync(path, 'old', { mode: 0o644 })
    nodeFiles.writeDurably(path, 'new')
    expect(fs.readFileSync(path, 'utf8')).toBe('new')
    expect(fs.statSync(path).mode & 0o7777).toBe(0o600)
    expect(fs.readdirSync(home)).toEqual(['file'])
  })

  it('replaces a link, not what it points to', () => {
    fs.writeFileSync(join(home, 'target'), 'untouched')
    fs.symlinkSync(join(home, 'target'), path)
    nodeFiles.writeDurably(path, 'new')
    expect(fs.readFileSync(join(home, 'target'), 'utf8')).toBe('untouched')
    expect(fs.lstatSync(path).isFile()).toBe(true)
  })

  it.each([
    ['its folder is gone', () => join(home, 'none', 'file'), /its folder is gone/],
    ['a folder is in its place', () => home, /folder|busy/],
    ['the path is too long', () => join(home, 'x'.repeat(300)), /too long/],
  ])('%s: WRITE_FAILED, and no half file stays', (_, where, message) => {
    const target = where()
    const error = failure(() => nodeFiles.writeDurably(target, 'new'))
    expect(error.code).toBe('WRITE_FAILED')
    expect(error.message).toMatch(message)
    // Whether anything was lost is the caller's to know.
    expect(error.fix).not.toMatch(/lost/)
    expect(fs.readdirSync(home).filter(name => name.includes('.tmp'))).toEqual([])
  })

  it.each<[string, (files: Files) => void]>([
    ['that is replaced', files => files.writeDurably(path, 'new')],
    ['with room for lines', files => files.openReserved(path, 'new\n', 100).close()],
  ])('for a file %s sweeps what a killed run left an hour ago, and nothing younger or other', (_, write) => {
    const hourAgo = new Date(Date.now() - 2 * 3_600_000)
    for (const name of ['.a.1.tmp', '.b.2.tmp', 'c.tmp', '.d']) fs.writeFileSync(join(home, name), '')
    for (const name of ['.a.1.tmp', 'c.tmp', '.d']) fs.utimesSync(join(home, name), hourAgo, hourAgo)
    write(createNodeFiles())
    expect(fs.readdirSync(home).sort()).toEqual(['.b.2.tmp', '.d', 'c.tmp', 'file'])
  })

  it('creates only what is not there', () => {
    expect(nodeFiles.createDurably(path, 'first')).toBe(true)
    expect(nodeFiles.createDurably(path, 'second')).toBe(false)
    expect(fs.readFileSync(path, 'utf8')).toBe('first')
    expect(fs.statSync(path).mode & 0o7777).toBe(0o600)
  })

  it('removes what is there and says so', () => {
    nodeFiles.writeDurably(path, 'x')
    expect(nodeFiles.remove(path)).toBe(true)
    expect(nodeFiles.remove(path)).toBe(false)
  })

  it('sweeps a folder once, but again where it could not be swept', () => {
    const { calls } = watchFs()
    const files = createNodeFiles()
    const lists = () => calls.filter(call => call.startsWith('list')).length
    failOnce('readdirSync', 'EIO')
    files.writeDurably(path, 'one')
    expect(fs.readFileSync(path, 'utf8')).toBe('one')
    files.writeDurably(path, 'two')
    expect(lists()).toBe(1)
    files.writeDurably(path, 'three')
    expect(lists()).toBe(1)
    fs.mkdirSync(join(home, 'other'))
    vi.spyOn(fs, 'readdirSync').mockImplementationOnce(() => {
      throw new TypeError('ours')
    })
    expect(() => files.writeDurably(join(home, 'other', 'x'), 'x')).toThrow(TypeError)
  })

  it('flushes the folder after each change of a name, and where there is such a thing', () => {
    fs.writeFileSync(path, 'x')
    const folder = basename(home)
    const synced = [`open ${folder}`, `fsync ${folder}`, `close ${folder}`]
    const { calls } = watchFs()
    const did = (work: () => unknown) => {
      calls.splice(0)
      work()
      return [...calls]
    }
    expect(did(() => nodeFiles.setAside(path, 'bad'))).toEqual(['rename file.bad-1', ...synced])
    expect(did(() => nodeFiles.createDurably(path, 'x'))).toEqual([
      'open file',
      'write file',
      'fsync file',
      'close file',
      ...synced,
    ])
    expect(did(() => nodeFiles.remove(path))).toEqual(['unlink file', ...synced])
    expect(did(() => nodeFiles.ensurePrivateFolder(join(home, 'a', 'b')))).toEqual([
      'mkdir a',
      'mkdir b',
      'open a',
      'fsync a',
      'close a',
      ...synced,
    ])
    expect(did(() => nodeFiles.ensurePrivateFolder(join(home, 'a', 'b')))).toEqual([])
    const plain = [
      () => windows.createDurably(path, 'x'),
      () => windows.setAside(path, 'bad'),
      () => windows.ensurePrivateFolder(join(home, 'c')),
      () => windows.remove(`${path}.bad-1`),
    ]
    for (const work of plain) expect(did(work).filter(call => call === `open ${folder}`)).toEqual([])
  })

  it('opens a file with room for lines', () => {
    const file = nodeFiles.openReserved(path, 'head\n', 100)
    file.addLine('one')
    file.close()
    expect(fs.readFileSync(path, 'utf8').split(/\n+/)).toEqual(['head', 'one', ''])
  })

  it('tells what forbids making or removing a file from its not being there', () => {
    expect(failure(() => nodeFiles.createDurably(join(home, 'none', 'x'), 'x')).code).toBe('WRITE_FAILED')
    fs.mkdirSync(path)
    expect(failure(() => nodeFiles.remove(path)).code).toBe('WRITE_FAILED')
  })

  it('syncs file and folder, in that order around the rename', async context => {
    if (!hasProgram('strace')) context.skip('strace is not installed')
    const built = await buildEntry('src/platform/files.ts', 'files')
    const trace = join(home, 'trace')
    const node = [
      '-e',
      `require(${JSON.stringify(built)}).createNodeFiles().writeDurably(process.argv[1], 'x')`,
      path,
    ]
    const run = spawnSync('strace', [
      ...['-f', '-o', trace, '-e', 'trace=fsync,rename', process.execPath],
      ...node,
    ])
    expect(run.status).toBe(0)
    const calls = [...fs.readFileSync(trace, 'utf8').matchAll(/(fsync|rename)\(/g)].map(match => match[1])
    expect(calls).toEqual(['fsync', 'rename', 'fsync'])
  })
})

describe('a full disk', () => {
  it('is WRITE_FAILED with words; the old file stays and no half one', context => {
    const { path: mount, remove } = makeHome()
    const mounted =
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', mount]).status === 0
    if (!mounted) {
      remove()
      context.skip('mounting a tmpfs is not permitted here')
    }
    try {
      const file = join(mount, 'file')
      nodeFiles.writeDurably(file, 'old')
      const error = failure(() => nodeFiles.writeDurably(file, 'x'.repeat(128 * 1024)))
      expect(error).toMatchObject({ code: 'WRITE_FAILED' })
      expect(error.message).toMatch(/the disk is full/)
      expect(fs.readFileSync(file, 'utf8')).toBe('old')
      expect(fs.readdirSync(mount)).toEqual(['file'])
    } finally {
      spawnSync('umount', [mount])
      remove()
    }
  })
})

describe('private folders', () => {
  it('are made with those above them, and for nobody else', () => {
    const folder = join(home, 'a', 'b')
    const before = process.umask(0)
    try {
      nodeFiles.ensurePrivateFolder(folder)
    } finally {
      process.umask(before)
    }
    for (const made of [folder, join(home, 'a')]) expect(fs.statSync(made).mode & 0o777).toBe(0o700)
    nodeFiles.ensurePrivateFolder(folder)
    expect(nodeFiles.checkPrivateFolder(folder)).toBe(true)
    expect(nodeFiles.checkPrivateFolder(join(home, 'none'))).toBe(false)
    expect(nodeFiles.list(join(home, 'none'))).toBeUndefined()
  })

  it.each([
    ['open to the group', () => fs.chmodSync(home, 0o750), /mode 0750/, /chmod 700/],
    ['sticky and open, like /tmp', () => fs.chmodSync(home, 0o1777), /mode 1777/, /chmod 700/],
  ])('%s is refused', (_, spoil, message, fix) => {
    spoil()
    for (const work of [
      () => nodeFiles.checkPrivateFolder(home),
      () => nodeFiles.ensurePrivateFolder(home),
      () => nodeFiles.list(home),
    ]) {
      const error = failure(work)
      expect(error.code).toBe('VAULT_UNAVAILABLE')
      expect(error.message).toMatch(message)
      expect(error.fix).toMatch(fix)
    }
    expect(windows.checkPrivateFolder(home)).toBe(true)
  })

  it('a link, a file and a folder of another user are refused', () => {
    fs.symlinkSync(home, join(home, 'link'))
    expect(failure(() => nodeFiles.checkPrivateFolder(join(home, 'link'))).message).toMatch(/symbolic link/)
    fs.writeFileSync(path, '')
    expect(failure(() => nodeFiles.checkPrivateFolder(path)).message).toMatch(/not a folder/)
    expect(failure(() => otherUser.checkPrivateFolder(home)).message).toMatch(/another user/)
    expect(failure(() => nodeFiles.ensurePrivateFolder(join(path, 'below'))).code).toBe('VAULT_UNAVAILABLE')
  })

  it('are not taken from another who makes one open to all at that moment', () => {
    const make = fs.mkdirSync
    vi.spyOn(fs, 'mkdirSync').mockImplementationOnce(((folder: string) => {
      make(folder)
      fs.chmodSync(folder, 0o755)
      return undefined
    }) as never)
    expect(failure(() => nodeFiles.ensurePrivateFolder(path))).toMatchObject({ code: 'VAULT_UNAVAILABLE' })
  })

  it('that are there by the time they are made are as good', () => {
    const make = fs.mkdirSync
    const { calls } = watchFs()
    vi.spyOn(fs, 'mkdirSync').mockImplementationOnce(((folder: string) => {
      make(folder, 0o700)
      return make(folder)
    }) as never)
    nodeFiles.ensurePrivateFolder(path)
    expect(calls).toEqual([])
  })

  it('that cannot be made say so', () => {
    failOnce('mkdirSync', 'ENOSPC')
    const error = failure(() => nodeFiles.ensurePrivateFolder(path))
    expect([error.code, error.message]).toEqual([
      'WRITE_FAILED',
      `${path} could not be written: the disk is full.`,
    ])
  })

  it('list their names in order, and say when they cannot', () => {
    vi.spyOn(fs, 'readdirSync').mockReturnValueOnce(['b', 'c', 'a'] as never)
    expect(nodeFiles.list(home)).toEqual(['a', 'b', 'c'])
    failOnce('readdirSync', 'EIO')
    expect(failure(() => nodeFiles.list(home))).toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: `${home} cannot be read: the disk reported an error.`,
    })
  })

  it('knows a socket of ours from anything else', async () => {
    expect(nodeFiles.isOwnSocket(path)).toBe(false)
    fs.writeFileSync(path, '')
    expect(nodeFiles.isOwnSocket(path)).toBe(false)
    const socket = join(home, 'socket')
    const server = createServer().listen(socket)
    await once(server, 'listening')
    try {
      expect(nodeFiles.isOwnSocket(socket)).toBe(true)
      expect(otherUser.isOwnSocket(socket)).toBe(false)
    } finally {
      server.close()
    }
  })
})
