/** What a store wrote, read back. */
import { describe, expect, test } from 'vitest'
import { newerVersion, parseStored } from '../../src/vault/stored-json.ts'

describe('parseStored', () => {
  test.each([
    ['{"a":1}', { a: 1 }],
    ['null', null],
    ['', undefined],
    ['{"a":1', undefined],
    ['canary', undefined],
  ])('%j', (text, value) => {
    expect(parseStored(text)).toEqual(value)
  })
})

describe('newerVersion', () => {
  test.each<[unknown, number | undefined]>([
    [{ version: 2 }, 2],
    [{ version: 1 }, undefined],
    [{ version: 0 }, undefined],
    [{ version: '2' }, undefined],
    [{ version: null }, undefined],
    [{}, undefined],
    [[], undefined],
    [null, undefined],
    [undefined, undefined],
    ['version', undefined],
    [9, undefined],
  ])('%j of a program that knows 1: %j', (json, version) => {
    expect(newerVersion(json, 1)).toBe(version)
  })
})
