import fs from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { makeAndRemove, openReserved } from '../../src/platform/durable-write.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
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
    const write = vi
      .spyOn(fs, 'writeSync')
      .mockImplementation(((fd: number, buffer: Buffer, offset: number, length: number, at: number) =>
        real(fd, buffer, offset, Math.min(length, 2), at)) as typeof fs.writeSync)
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
  it('leaves nothing behind', () => {
    makeAndRemove(home)
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
