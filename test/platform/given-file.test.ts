/** Files that a person names: read whatever they are, made new and private, never over another. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { createGivenFiles } from '../../src/platform/given-file.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const files = createGivenFiles(process.platform)
let home: string
beforeEach(() => {
  home = temporaryHome()
})
const at = (name: string) => join(home, name)

describe('read', () => {
  test('a file of any size up to the limit, also through a link', async () => {
    const bytes = Buffer.alloc(700_000, 'ab')
    writeFileSync(at('long'), bytes)
    symlinkSync(at('long'), at('link'))
    expect(Buffer.compare(await files.read(at('long'), bytes.length), bytes)).toBe(0)
    expect(Buffer.compare(await files.read(at('link'), bytes.length), bytes)).toBe(0)
    await expect(files.read(at('long'), bytes.length - 1)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('is longer than 699999 bytes'),
    })
  })

  test('a pipe, as `<(…)` gives one', async () => {
    spawnSync('mkfifo', [at('pipe')])
    const writer = new Promise(resolve => {
      setImmediate(() => resolve(import('node:fs/promises').then(fs => fs.writeFile(at('pipe'), 'through'))))
    })
    expect(Buffer.from(await files.read(at('pipe'), 100)).toString()).toBe('through')
    await writer
  })

  test.each<[string, () => string, RegExp]>([
    ['none', () => at('none'), /There is no file .*none\./],
    ['a folder', () => home, /it is a folder/],
    ['below a file', () => join(at('file'), 'x'), /something above it is no folder/],
  ])('%s is refused', async (_, path, says) => {
    writeFileSync(at('file'), '')
    await expect(files.read(path(), 10)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(says),
    })
  })
})

describe('create', () => {
  test('a private file, and nothing beside it', () => {
    files.create(at('new'), 'sealed')
    expect(readFileSync(at('new'), 'utf8')).toBe('sealed')
    expect(statSync(at('new')).mode & 0o777).toBe(0o600)
    expect(readdirSync(home)).toEqual(['new'])
  })

  test.each<[string, () => void]>([
    ['a file', () => writeFileSync(at('there'), 'mine')],
    ['a folder', () => mkdirSync(at('there'))],
    ['a link to nothing', () => symlinkSync(at('elsewhere'), at('there'))],
  ])('never in the place of %s', (_, make) => {
    make()
    const taken = expect.objectContaining({
      code: 'USAGE',
      message: expect.stringContaining('is there already'),
    })
    expect(() => files.refuseTaken(at('there'))).toThrow(taken)
    expect(() => files.create(at('there'), 'sealed')).toThrow(taken)
    expect(readdirSync(home)).toEqual(['there'])
  })

  test.each(['', '-', '/tmp/', 'folder\\'])('and %j is no name', path => {
    expect(() => files.refuseTaken(path)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('is no name for a file') }),
    )
  })

  test('a name that is free is refused nothing', () => {
    expect(() => files.refuseTaken(at('free'))).not.toThrow()
  })

  test('where there is no folder, and where nobody may write', () => {
    expect(() => files.create(join(at('none'), 'x'), 'sealed')).toThrow(
      expect.objectContaining({
        code: 'WRITE_FAILED',
        message: expect.stringContaining(`there is no folder ${at('none')}`),
      }),
    )
    expect(() => files.create('/proc/tokenctl-cannot-be-here', 'sealed')).toThrow(
      expect.objectContaining({ code: 'WRITE_FAILED' }),
    )
  })
})
