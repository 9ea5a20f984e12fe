/** Taking the packing off a body: which there are, what is kept, and that nothing is ever thrown. */
import { deflateRawSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codingsOf, unpack } from '../../src/platform/unpack.ts'

describe('codingsOf', () => {
  const table: [contentEncoding: string, codings: string[]][] = [
    ['gzip', ['gzip']],
    [' GZip , br ', ['br', 'gzip']],
    ['x-gzip, deflate', ['deflate', 'x-gzip']],
    ['identity', []],
    ['', []],
    ['gzip, identity', ['gzip']],
    ['compress', []],
    ['gzip, rot13', []],
    ['gzipped', []],
    ['y-gzip', []],
  ]
  it.each(table)('%s', (contentEncoding, codings) => {
    expect(codingsOf(contentEncoding)).toEqual(codings)
  })
})

describe('unpack', () => {
  it('keeps so many bytes and not one more', async () => {
    const text = 'x'.repeat(1000)
    expect(await unpack(gzipSync(text), ['gzip'], 1000)).toEqual({
      bytes: Buffer.from(text),
      isLonger: false,
    })
    expect(await unpack(gzipSync(`${text}y`), ['gzip'], 1000)).toEqual({
      bytes: Buffer.from(text),
      isLonger: true,
    })
  })

  it('of nothing is nothing', async () => {
    expect(await unpack(Buffer.alloc(0), ['gzip'], 10)).toEqual({ bytes: Buffer.alloc(0), isLonger: false })
  })

  it('knows a deflate without its header', async () => {
    expect((await unpack(deflateRawSync('abc'), ['deflate'], 10)).bytes.toString()).toBe('abc')
  })

  it('takes no more than five codings', async () => {
    const codings = Array<string>(6).fill('gzip')
    expect((await unpack(gzipSync('a'), codings, 10)).error).toBeInstanceOf(Error)
    let packed: Buffer = Buffer.from('a')
    for (let times = 0; times < 5; times += 1) packed = gzipSync(packed)
    expect((await unpack(packed, codings.slice(1), 10)).bytes.toString()).toBe('a')
  })

  it('gives what came out before a body broke, and never throws', async () => {
    const coding = fc.constantFrom('gzip', 'deflate', 'br')
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(coding, { maxLength: 3 }),
        async (bytes, codings) => {
          const { bytes: out, isLonger } = await unpack(Buffer.from(bytes), codings, 100)
          expect(out.length).toBeLessThanOrEqual(100)
          if (isLonger) expect(out.length).toBe(100)
        },
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), fc.nat(), async (text, at) => {
        const packed = gzipSync(text)
        const { bytes } = await unpack(packed.subarray(0, at % packed.length), ['gzip'], 1000)
        expect(Buffer.from(text).subarray(0, bytes.length)).toEqual(bytes)
      }),
    )
  })
})
