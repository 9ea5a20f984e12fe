/** The signs of a time line: which a screen can show, and that no two of a set are taken for each other. */
import { describe, expect, it } from 'vitest'
import { cellWidth } from '../../../src/cli/render/cell-width.ts'
import { DRAWN, glyphsFor, TYPED } from '../../../src/cli/render/glyphs.ts'

describe('which set', () => {
  it.each<[env: Record<string, string>, platform: string, drawn: boolean]>([
    [{ TERM: 'xterm-256color', LANG: 'en_GB.UTF-8' }, 'linux', true],
    [{ TERM: 'xterm-256color', LANG: 'C.utf8' }, 'linux', true],
    [{ TERM: 'xterm-256color', LANG: 'en_GB.UTF-8' }, 'darwin', true],
    [{ LC_CTYPE: 'UTF-8' }, 'darwin', true],
    [{ LANG: 'C', LC_ALL: 'de_DE.UTF-8' }, 'linux', true],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: '' }, 'linux', true],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 'linux', false],
    [{ LANG: 'de_DE.ISO-8859-1' }, 'linux', false],
    [{ TERM: 'dumb', LANG: 'en_GB.UTF-8' }, 'linux', false],
    [{ TERM: 'linux', LANG: 'en_GB.UTF-8' }, 'linux', false],
    [{}, 'linux', false],
    [{}, 'win32', false],
    [{ WT_SESSION: '1' }, 'win32', true],
    [{ TERM: 'xterm-256color' }, 'win32', true],
    [{ WT_SESSION: '1', TERM: 'dumb' }, 'win32', false],
  ])('%j on %s', (env, platform, drawn) => {
    expect(glyphsFor(env, platform)).toBe(drawn ? DRAWN : TYPED)
  })
})

describe.each([
  ['drawn', DRAWN],
  ['typed', TYPED],
])('the %s set', (_, glyphs) => {
  const { cut, axis, month, ...signs } = glyphs

  it('has a sign of one column for each thing, and each its own', () => {
    for (const sign of [...Object.values(signs), axis, month]) expect(cellWidth(sign)).toBe(1)
    const marks = Object.values(signs)
    expect(new Set(marks).size).toBe(marks.length)
    expect(marks).not.toContain(month)
  })
})

it('the typed set is ASCII', () => {
  expect(Object.values(TYPED).join('')).toMatch(/^[\x20-\x7e]+$/)
})
