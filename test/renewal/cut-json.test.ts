import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completedJson } from '../../src/renewal/cut-json.ts'

const parsed = (text: string): unknown => {
  const completed = completedJson(text)
  return completed === undefined ? undefined : JSON.parse(completed)
}

describe('what is whole in a JSON text that broke off', () => {
  it.each<[string, unknown]>([
    ['{"a":"x","b":"y"', { a: 'x', b: 'y' }],
    ['{"a":"x","b":"y', { a: 'x' }],
    ['{"a":"x","b"', { a: 'x' }],
    ['{"a":"x","b":', { a: 'x' }],
    ['{"a":"x",', { a: 'x' }],
    ['{"a":"x", \n', { a: 'x' }],
    ['{"a":"x","n":720', { a: 'x' }],
    ['{"a":"x","n":720,', { a: 'x', n: 720 }],
    ['{"a":"x","n":tru', { a: 'x' }],
    ['{"a":"x\\"","b":"\\\\"', { a: 'x"', b: '\\' }],
    ['{"a":"x\\"', undefined],
    ['{"a":"x","o":{"b":"y"', { a: 'x', o: { b: 'y' } }],
    ['{"a":"x","o":{"b":"y"}', { a: 'x', o: { b: 'y' } }],
    ['{"a":"x","o":{"b":"y","c":"', { a: 'x', o: { b: 'y' } }],
    ['{"l":["x","y"', { l: ['x', 'y'] }],
    ['{"l":["x"]', { l: ['x'] }],
    ['{"a":"x,y","b":"z', { a: 'x,y' }],
    ['{"a":"x" \n', { a: 'x' }],
    ['{"a":"x}y","b":"z"', { a: 'x}y', b: 'z' }],
    ['{"a":"[","b":"y', { a: '[' }],
    ['{"a":"x","b":"y,z', { a: 'x' }],
    ['{"a":"x","b":"{,', { a: 'x' }],
    ['{"a"', undefined],
    ['{', undefined],
    ['', undefined],
    ['<html>', undefined],
    ['"x"', undefined],
  ])('%s', (text, expected) => {
    expect(parsed(text)).toEqual(expected)
  })

  it('is nothing where the text is whole: that one is read as it is', () => {
    expect(completedJson('{"a":"x"}')).toBeUndefined()
  })

  it('is never more than what was there, at any cut', () => {
    const members = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), fc.boolean()), {
      minKeys: 1,
    })
    fc.assert(
      fc.property(members, fc.nat(), (whole, cut) => {
        const text = JSON.stringify(whole)
        const part = parsed(text.slice(0, cut % text.length))
        const read = JSON.parse(text) as Record<string, unknown>
        for (const [name, value] of Object.entries(part ?? {})) expect(value).toEqual(read[name])
      }),
    )
  })

  it('holds each member of strings from the byte that ends it', () => {
    const text = JSON.stringify({ access_token: 'a"b', refresh_token: 'c\\d', token_type: 'e' })
    const end = text.indexOf('c\\\\d"') + 'c\\\\d"'.length
    for (let cut = 0; cut < text.length; cut += 1) {
      const part = parsed(text.slice(0, cut)) as Record<string, unknown> | undefined
      expect(part?.['refresh_token'], `cut at ${cut}`).toBe(cut < end ? undefined : 'c\\d')
    }
  })
})
