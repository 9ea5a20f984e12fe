/** `--limit` and `--page`: which accounts they mean, and what is said of it. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pageOf, pagingNote, pagingOf } from '../../../src/cli/status/paging.ts'
import { SCREENFUL, STATUS_FORMATS } from '../../../src/cli/status/status-format.ts'
import { header } from '../../support/accounts.ts'
import { findings } from '../render/findings.ts'

describe('the page that is meant', () => {
  it.each([
    [{}, undefined],
    [{ limit: '10' }, { number: 1, size: 10, first: 0, end: 10 }],
    [{ page: '3' }, { number: 3, size: SCREENFUL, first: 100, end: 150 }],
    [
      { limit: '7', page: '2' },
      { number: 2, size: 7, first: 7, end: 14 },
    ],
  ])('%j', (options, paging) => {
    expect(pagingOf(options, 'table')).toEqual(paging)
  })

  it.each(['', '0', '-1', '1.5', '1e3', ' 1', '01', 'all', '99999999', '١'])('%j is none', text => {
    for (const options of [{ limit: text }, { page: text }])
      expect(() => pagingOf(options, 'json')).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it.each(STATUS_FORMATS)('%s', format => {
    const page = () => pagingOf({ limit: '5' }, format)
    if (['nagios', 'prometheus'].includes(format))
      expect(page).toThrow(
        expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('no pages') }),
      )
    else expect(page()).toMatchObject({ end: 5 })
    expect(pagingOf({}, format)).toBeUndefined()
  })
})

describe('the note', () => {
  it.each([
    ['2', '10', 25, 'Accounts 11 to 20 of 25 are shown, page 2 of 3; what is not shown counts all the same.'],
    ['3', '10', 25, 'Accounts 21 to 25 of 25 are shown, page 3 of 3; what is not shown counts all the same.'],
    ['4', '10', 25, 'There is no page 4: 25 accounts are 3 pages of 10.'],
    ['2', '10', 1, 'There is no page 2: 1 account is one page of 10.'],
    ['1', '10', 10, undefined],
    ['1', '10', 0, undefined],
  ])('page %s of %s, of %d', (page, limit, total, note) => {
    const paging = pagingOf({ page, limit }, 'table')
    expect(paging && pagingNote(paging, total)).toBe(note)
  })
})

it('all pages together are all accounts, each once', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.integer({ min: 1, max: 70 }), (count, size) => {
      const all = findings(Array.from({ length: count }, (_, index) => header({ account: `ebay:s${index}` })))
      const shown = Array.from({ length: Math.ceil(count / size) + 1 }, (_, index) => {
        const paging = pagingOf({ limit: String(size), page: String(index + 1) }, 'table')
        return paging === undefined ? [] : pageOf(all, paging).accounts
      })
      expect(shown.flat()).toEqual(all.accounts)
      expect(shown.at(-1)).toEqual([])
    }),
  )
})
