/** What is a tag, and what is none. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hasTag,
  isTagKey,
  parseTag,
  requireTags,
  sortedTags,
  tagValueProblem,
} from '../../src/tokens/tags.ts'

const TOKEN = 'v^1.1#i^1#canary'

describe('parseTag', () => {
  it.each([
    ['client=acme', 'client', 'acme'],
    ['a=b=c', 'a', 'b=c'],
    ['7-of-9=x', '7-of-9', 'x'],
    ['team=Night shift 🌙', 'team', 'Night shift 🌙'],
    ['client=Müller & Söhne', 'client', 'Müller & Söhne'],
    ['id=01234567-89ab-cdef-0123-456789abcdef', 'id', '01234567-89ab-cdef-0123-456789abcdef'],
    [`k=${'🌙'.repeat(64)}`, 'k', '🌙'.repeat(64)],
  ])('%s', (text, key, value) => {
    expect(parseTag(text)).toEqual({ key, value })
  })

  it.each([
    ['no value', 'client'],
    ['an empty one', 'client='],
    ['no key', '=acme'],
    ['a capital', 'Client=acme'],
    ['an account', 'ebay:main=acme'],
    ['a hyphen first', '-client=acme'],
    ['a long key', `${'k'.repeat(64)}=v`],
    ['a key of JavaScript', '__proto__=v'],
    ['a long value', `client=${'v'.repeat(65)}`],
    ['a space at its end', 'client=acme '],
    ['a line break', 'client=a\nb'],
    ['an escape', 'client=\u001b[2J'],
    ['what turns the line', 'client=\u202eacme'],
    ['half a character', 'client=\ud83c'],
    ['a token of eBay as the value', `client=${TOKEN}`],
    ['one of Amazon', 'client=Atzr|canary'],
    ['one of AliExpress', `client=${'5000canary'.repeat(5)}`],
    ['a secret of eBay', 'client=PRD-0123456789ab-c0de-ca01-2345-6789'],
    ['a secret of Amazon', 'client=amzn1.oa2-cs.v1.canary'],
    ['a token', TOKEN],
    ['a token as the key', `${TOKEN}=x`],
  ])('refuses %s, and repeats no token', (_, text) => {
    expect(() => parseTag(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(() => parseTag(text)).not.toThrow(/canary/)
  })
})

it('whatever is typed is a tag that its own checks take, or USAGE', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), text => {
      try {
        const { key, value } = parseTag(text)
        expect([isTagKey(key), tagValueProblem(value), `${key}=${value}`]).toEqual([true, undefined, text])
      } catch (error) {
        expect(error).toMatchObject({ code: 'USAGE' })
      }
    }),
  )
})

describe('a set of tags', () => {
  it('has one order, whatever order they came in', () => {
    const given = { b: '1', a: '2', c: '3' }
    expect(Object.keys(requireTags(given))).toEqual(['a', 'b', 'c'])
    expect(JSON.stringify(sortedTags(Object.entries(given).reverse()))).toBe(
      JSON.stringify(requireTags(given)),
    )
  })

  it('holds 16 at most', () => {
    const of = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']))
    expect(Object.keys(requireTags(of(16)))).toHaveLength(16)
    expect(() => requireTags(of(17))).toThrow('at most 16 tags')
  })

  it('is asked for its own tags alone', () => {
    expect(hasTag({ client: 'acme' }, { key: 'client', value: 'acme' })).toBe(true)
    expect(hasTag({ client: 'acme' }, { key: 'client', value: 'acm' })).toBe(false)
    expect(hasTag({}, { key: 'constructor', value: String(Object) })).toBe(false)
  })
})
