/** Files for others to read: whole or not at all, readable by all, and never in the place of anything but a plain file. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createServer } from 'node:net'
import { basename, join, relative } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { writePublicFile } from '../../src/platform/public-file.ts'
import { failOnce, watchFs } from '../support/fs-calls.ts'
import { temporaryHome } from '../support/temporary-home.ts'

let home: string
let path: string
beforeEach(() => {
  home = temporaryHome()
  path = join(home, 'status.prom')
})

function failure(work: () => unknown): TokenctlError {
  try {
    work()
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  return expect.unreachable('nothing was thrown')
}

const mode = () => fs.statSync(path).mode & 0o777

describe('writing', () => {
  it('flushes a file beside it, renames it into its place, and leaves nothing else', () => {
    fs.writeFileSync(path, 'old')
    const { calls, stillOpen } = watchFs()
    writePublicFile(path, 'new\n')
    const own = calls.filter(call => !call.startsWith('list'))
    expect(own).toEqual([
      'open .status.prom.*.tmp',
      'write .status.prom.*.tmp',
      'fsync .status.prom.*.tmp',
      'close .status.prom.*.tmp',
      'rename status.prom',
    ])
    expect(stillOpen()).toEqual([])
    expect(fs.readFileSync(path, 'utf8')).toBe('new\n')
    expect(fs.readdirSync(home)).toEqual(['status.prom'])
  })

  it('others may read it, whatever the umask and the old file say', () => {
    const before = process.umask(0o077)
    try {
      writePublicFile(path, 'one')
      expect(mode()).toBe(0o644)
      fs.chmodSync(path, 0o600)
      writePublicFile(path, 'two')
      expect(mode()).toBe(0o644)
    } finally {
      process.umask(before)
    }
  })

  it('a reader that has the old one open reads it to its end', () => {
    writePublicFile(path, 'old'.repeat(5000))
    const fd = fs.openSync(path, 'r')
    writePublicFile(path, 'new')
    expect(fs.readFileSync(fd, 'utf8')).toBe('old'.repeat(5000))
    fs.closeSync(fd)
  })

  it('another name of the old file keeps the old text', () => {
    writePublicFile(path, 'old')
    fs.linkSync(path, `${path}.kept`)
    writePublicFile(path, 'new')
    expect(fs.readFileSync(`${path}.kept`, 'utf8')).toBe('old')
  })

  it('a path from where the program was started', () => {
    writePublicFile(relative(process.cwd(), path), 'x')
    expect(fs.readFileSync(path, 'utf8')).toBe('x')
  })

  it('into a folder behind a link, as /var/run is one', () => {
    fs.mkdirSync(join(home, 'real'))
    fs.symlinkSync(join(home, 'real'), join(home, 'link'))
    writePublicFile(join(home, 'link', 'a'), 'x')
    expect(fs.readFileSync(join(home, 'real', 'a'), 'utf8')).toBe('x')
  })
})

describe('what is no plain file stays as it is', () => {
  it.each<[what: string, make: () => void, RegExp, RegExp]>([
    ['a link to a file', () => fs.symlinkSync(join(home, 'real'), path), /symbolic link/, /real file/],
    ['a link to nothing', () => fs.symlinkSync(join(home, 'nowhere'), path), /symbolic link/, /real file/],
    ['a link to a device', () => fs.symlinkSync('/dev/null', path), /symbolic link/, /./],
    ['a folder', () => fs.mkdirSync(path), /is a folder/, /Name a file in it/],
    ['a FIFO', () => execFileSync('mkfifo', [path]), /no plain file/, /standard output/],
  ])('%s', (_, make, message, fix) => {
    fs.writeFileSync(join(home, 'real'), 'kept')
    make()
    const before = fs.lstatSync(path)
    const error = failure(() => writePublicFile(path, 'new'))
    expect(error).toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    })
    expect(error.message).toContain(path)
    expect(fs.lstatSync(path).ino).toBe(before.ino)
    expect(fs.readFileSync(join(home, 'real'), 'utf8')).toBe('kept')
    expect(fs.readdirSync(home).sort()).toEqual(['real', 'status.prom'])
  })

  it('a socket', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(path, resolve))
    expect(failure(() => writePublicFile(path, 'new')).message).toMatch(/no plain file/)
    expect(fs.lstatSync(path).isSocket()).toBe(true)
    await new Promise(resolve => server.close(resolve))
  })

  it('a device: root could replace it', () => {
    expect(failure(() => writePublicFile('/dev/null', 'new')).message).toMatch(/no plain file/)
    expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  it('a link that is put there after the look is replaced and not followed', () => {
    fs.writeFileSync(join(home, 'real'), 'kept')
    const rename = fs.renameSync
    vi.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      fs.symlinkSync(join(home, 'real'), path)
      rename(from, to)
    })
    writePublicFile(path, 'new')
    expect(fs.readFileSync(join(home, 'real'), 'utf8')).toBe('kept')
    expect(fs.lstatSync(path).isFile()).toBe(true)
  })
})

describe('what cannot be written leaves the old text, and nothing beside it', () => {
  beforeEach(() => fs.writeFileSync(path, 'old'))

  it.each([
    ['openSync', 'ENOSPC', /the disk is full/],
    ['openSync', 'EACCES', /may not write there/],
    ['openSync', 'EROFS', /read-only/],
    ['fsyncSync', 'ENOSPC', /the disk is full/],
    ['fsyncSync', 'EDQUOT', /quota/],
    ['fsyncSync', 'EIO', /disk reported an error/],
    ['renameSync', 'EACCES', /may not write there/],
    ['renameSync', 'EISDIR', /a folder is in its place/],
    ['renameSync', 'EWHATEVER', /EWHATEVER/],
  ] as const)('%s: %s', (call, code, words) => {
    failOnce(call, code)
    const error = failure(() => writePublicFile(path, 'new'))
    expect(error).toMatchObject({ code: 'WRITE_FAILED', exit: 5, message: expect.stringMatching(words) })
    // No mend that is for the vault's own folder.
    expect(error.fix).not.toContain('TOKENCTL_HOME')
    expect(fs.readFileSync(path, 'utf8')).toBe('old')
    expect(fs.readdirSync(home)).toEqual(['status.prom'])
  })

  it.each<[what: string, where: () => string, RegExp]>([
    ['a folder that is not there', () => join(home, 'none', 'a'), /there is no folder .*\/none/],
    ['a file in the place of the folder', () => join(path, 'a'), /not a folder/],
    ['a path that ends with a slash', () => `${join(home, 'none')}/`, /names a folder/],
    ['a name that is too long', () => join(home, 'x'.repeat(300)), /too long/],
  ])('%s', (_, where, words) => {
    expect(failure(() => writePublicFile(where(), 'new'))).toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringMatching(words),
    })
    expect(fs.readdirSync(home)).toEqual(['status.prom'])
  })
})

describe('what a killed run left', () => {
  const left = (name: string, age: number) => {
    fs.writeFileSync(join(home, name), '')
    const then = Date.now() / 1000 - age
    fs.utimesSync(join(home, name), then, then)
  }

  it('of this file goes after an hour; what is anybody else’s stays', () => {
    const random = '0123456789abcdef'
    left(`.status.prom.${random}.tmp`, 3700)
    left(`.status.prom.${random.replace('0', '1')}.tmp`, 3500)
    left(`.other.prom.${random}.tmp`, 9000)
    left('.status.prom.swp', 9000)
    left(`.status.prom.${random}.tmp.bak`, 9000)
    writePublicFile(path, 'new')
    expect(fs.readdirSync(home).sort()).toEqual(
      [
        `.status.prom.${random.replace('0', '1')}.tmp`,
        `.other.prom.${random}.tmp`,
        '.status.prom.swp',
        `.status.prom.${random}.tmp.bak`,
        basename(path),
      ].sort(),
    )
  })

  it('a folder that cannot be listed is no failure: the text is in its place', () => {
    failOnce('readdirSync', 'EACCES')
    writePublicFile(path, 'new')
    expect(fs.readFileSync(path, 'utf8')).toBe('new')
  })
})
