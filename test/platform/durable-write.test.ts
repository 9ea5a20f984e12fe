import fs from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import {
  makeAndRemove,
  openReserved,
  replaceDurably,
  sweepAbandoned,
  syncFolder,
  writeNew,
} from '../../src/platform/durable-write.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { failOnce, watchFs } from '../support/fs-calls.ts'
import { temporaryHome } from '../support/temporary-home.ts'

let home: string
let path: string
beforeEach(() => {
  home = temporaryHome()
  path = join(home, 'journal')
})

const lines = () =>
  fs
    .readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line !== '')

describe('a file with room reserved', () => {
  it('begins with its text, is private, and takes line after line', () => {
    const file = openReserved(path, 'head\n', 8192, true)
    expect(lines()).toEqual(['head'])
    file.addLine('one')
    file.addLine('two')
    file.close()
    expect(lines()).toEqual(['head', 'one', 'two'])
    expect(fs.statSync(path).mode & 0o777).toBe(0o600)
    expect(fs.readdirSync(home)).toEqual(['journal'])
  })

  it('has the room on the disk before the first line: none is taken by what fits', () => {
    const file = openReserved(path, 'head\n', 8192, true)
    const before = fs.statSync(path)
    file.addLine('x'.repeat(8191))
    const after = fs.statSync(path)
    file.close()
    expect([after.size, after.blocks]).toEqual([before.size, before.blocks])
    expect(before.size).toBe(4096 + 8192)
  })

  it('begins added lines in a block of their own, so that a torn write spares the head', () => {
    const head = `${'h'.repeat(5000)}\n`
    const file = openReserved(path, head, 8192, true)
    file.addLine('one')
    file.close()
    expect(fs.readFileSync(path, 'latin1').indexOf('one')).toBe(8192)
  })

  it('grows past its room', () => {
    const file = openReserved(path, 'head\n', 100, true)
    file.addLine('x'.repeat(10_000))
    file.addLine('y')
    file.close()
    expect(lines().map(line => line.length)).toEqual([4, 10_000, 1])
  })

  it('takes the place of what stood there, whole', () => {
    openReserved(path, `${'old\n'.repeat(10)}`, 100, true).close()
    openReserved(path, 'new\n', 100, true).close()
    expect(lines()).toEqual(['new'])
  })

  it('writes over what a failed write left', () => {
    const file = openReserved(path, 'head\n', 8192, true)
    const write = vi.spyOn(fs, 'writeSync')
    const full = (
      fd: number,
      buffer: NodeJS.ArrayBufferView,
      offset: number,
      _length: number,
      position: number,
    ) => {
      write.mockRestore()
      fs.writeSync(fd, buffer, offset, 3, position)
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    write.mockImplementationOnce(full as unknown as typeof fs.writeSync)
    expect(() => file.addLine('first try')).toThrow(TokenctlError)
    file.addLine('2')
    file.close()
    expect(lines()).toEqual(['head', '2', 'r'])
  })

  it('finishes a write that the system took in pieces', () => {
    const file = openReserved(path, 'head\n', 8192, true)
    const real = fs.writeSync
    const write = vi.spyOn(fs, 'writeSync').mockImplementation(((
      fd: number,
      buffer: Buffer,
      offset: number,
      length: number,
      at: number,
    ) => {
      expect(offset + length).toBe(buffer.length)
      return real(fd, buffer, offset, Math.min(length, 2), at)
    }) as typeof fs.writeSync)
    file.addLine('in pieces')
    write.mockRestore()
    file.close()
    expect(lines()).toEqual(['head', 'in pieces'])
  })

  it('can be closed twice', () => {
    const file = openReserved(path, 'head\n', 100, true)
    file.close()
    expect(() => file.close()).not.toThrow()
  })

  it('leaves nothing behind where its folder cannot take it', () => {
    expect(() => openReserved(join(home, 'none', 'journal'), 'head\n', 100, true)).toThrow(/none/)
    fs.mkdirSync(path)
    fs.writeFileSync(join(path, 'in the way'), '')
    expect(() => openReserved(path, 'head\n', 100, true)).toThrow(TokenctlError)
    expect(fs.readdirSync(home)).toEqual(['journal'])
  })
})

describe('proving that a folder takes files', () => {
  it('leaves nothing behind, open or on the disk', () => {
    const { calls, stillOpen } = watchFs()
    makeAndRemove(home)
    expect(calls).toEqual(['open .proof.*.tmp', 'close .proof.*.tmp', 'unlink .proof.*.tmp'])
    expect(stillOpen()).toEqual([])
    expect(fs.readdirSync(home)).toEqual([])
  })

  it('says what forbids it', () => {
    expect(() => makeAndRemove(join(home, 'none'))).toThrow(TokenctlError)
  })
})

describe('setting a file aside', () => {
  const files = createNodeFiles()
  it('gives it a name that no file has', () => {
    for (const text of ['one', 'two']) {
      fs.writeFileSync(path, text)
      files.setAside(path, 'damaged')
    }
    expect(fs.readdirSync(home)).toEqual(['journal.damaged-1', 'journal.damaged-2'])
    expect(fs.readFileSync(`${path}.damaged-2`, 'utf8')).toBe('two')
  })

  it('fails where there is none', () => {
    expect(() => files.setAside(path, 'damaged')).toThrow(TokenctlError)
  })
})

describe('the order that neither a kill nor a power cut can break', () => {
  const folder = () => home.split('/').at(-1) ?? ''
  const whole = ['open .journal.*.tmp', 'write .journal.*.tmp', 'fsync .journal.*.tmp']
  const synced = () => [`open ${folder()}`, `fsync ${folder()}`, `close ${folder()}`]

  it('of a replacement: the new file is flushed, then takes the name, then the name is flushed', () => {
    const { calls, stillOpen } = watchFs()
    replaceDurably(path, 'new', true)
    expect(calls).toEqual([...whole, 'close .journal.*.tmp', 'rename journal', ...synced()])
    expect(stillOpen()).toEqual([])
  })

  it('of a replacement where folders cannot be flushed', () => {
    const { calls } = watchFs()
    replaceDurably(path, 'new', false)
    expect(calls).toEqual([...whole, 'close .journal.*.tmp', 'rename journal'])
  })

  it('of a file with room: as a replacement, then each line flushed in place, under no new name', () => {
    const { calls, stillOpen } = watchFs()
    const file = openReserved(path, 'head\n', 8192, true)
    expect(calls.splice(0)).toEqual([...whole, 'rename journal', ...synced()])
    file.addLine('one')
    expect(calls.splice(0)).toEqual(['write .journal.*.tmp', 'fdatasync .journal.*.tmp'])
    file.close()
    file.close()
    expect(calls).toEqual(['close .journal.*.tmp'])
    expect(stillOpen()).toEqual([])
  })

  it('gives each temporary file a name of its own', () => {
    const names: string[] = []
    const rename = fs.renameSync
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      names.push(String(from))
      rename(from, to)
    })
    for (const text of ['one', 'two']) replaceDurably(path, text, true)
    expect(names[0]).toMatch(/\/\.journal\.[0-9a-f]{16}\.tmp$/)
    expect(names[1]).not.toBe(names[0])
  })

  it('lets go of the folder where it cannot be flushed', () => {
    const { stillOpen } = watchFs()
    failOnce('fsyncSync', 'EIO')
    expect(() => syncFolder(home, true)).toThrow('EIO')
    expect(stillOpen()).toEqual([])
  })
})

describe('a write that fails on its way', () => {
  const writes: [string, () => unknown][] = [
    ['a new file', () => writeNew(path, 'x')],
    ['a replacement', () => replaceDurably(path, 'x', true)],
    ['a file with room', () => openReserved(path, 'x\n', 100, true)],
  ]

  it.each(writes)('of %s is flushed or is not there, and nothing is left open', (_, write) => {
    const { stillOpen } = watchFs()
    failOnce('fsyncSync', 'EIO')
    expect(write).toThrow(/EIO|reported an error/)
    expect(stillOpen()).toEqual([])
    expect(fs.readdirSync(home)).toEqual([])
  })

  it.each(writes.slice(1))('of %s, refused its name, leaves the old one and no half one', (_, write) => {
    fs.writeFileSync(path, 'old')
    const { stillOpen } = watchFs()
    failOnce('renameSync', 'EIO')
    expect(write).toThrow(/reported an error/)
    expect(stillOpen()).toEqual([])
    expect(fs.readdirSync(home)).toEqual(['journal'])
    expect(fs.readFileSync(path, 'utf8')).toBe('old')
  })

  it('tells its own reason where the half file is gone already', () => {
    failOnce('renameSync', 'EIO', from => fs.unlinkSync(from))
    expect(() => replaceDurably(path, 'x', true)).toThrow(/the disk reported an error/)
    failOnce('fsyncSync', 'EIO', () => {
      for (const name of fs.readdirSync(home)) fs.unlinkSync(join(home, name))
    })
    expect(() => replaceDurably(path, 'x', true)).toThrow(/the disk reported an error/)
  })
})

describe('what a killed run left', () => {
  const made = 1_700_000_000
  const leave = (name: string, secondsBefore: number) => {
    fs.writeFileSync(join(home, name), '')
    fs.utimesSync(join(home, name), made - secondsBefore, made - secondsBefore)
  }

  it('goes when it is more than an hour old, to the second', () => {
    leave('.a.tmp', 3600)
    leave('.b.tmp', 3601)
    sweepAbandoned(home, made * 1000)
    expect(fs.readdirSync(home)).toEqual(['.a.tmp'])
  })

  it('is no matter where somebody else removes it first', () => {
    vi.spyOn(fs, 'readdirSync').mockReturnValueOnce(['.gone.tmp'] as never)
    expect(() => sweepAbandoned(home, made * 1000)).not.toThrow()
    leave('.old.tmp', 7200)
    const stat = fs.lstatSync(join(home, '.old.tmp'))
    vi.spyOn(fs, 'lstatSync').mockImplementationOnce(((path: string) => {
      fs.unlinkSync(path)
      return stat
    }) as never)
    expect(() => sweepAbandoned(home, made * 1000)).not.toThrow()
  })

  it('is never a folder', () => {
    fs.mkdirSync(join(home, '.folder.tmp'))
    fs.utimesSync(join(home, '.folder.tmp'), made - 7200, made - 7200)
    sweepAbandoned(home, made * 1000)
    expect(fs.readdirSync(home)).toEqual(['.folder.tmp'])
  })
})
