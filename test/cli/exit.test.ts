import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Exit, exitCodesPage, gravest, ownExit } from '../../src/cli/exit.ts'
import { ERROR_CODES } from '../../src/errors.ts'

describe('gravest', () => {
  test.each<[readonly Exit[], Exit]>([
    [[], 0],
    [[0, 0], 0],
    [[0, 4], 4],
    [[4, 3, 0], 3],
    [[3, 5, 4], 5],
    [[5, 1], 1],
    [[2, 4], 4],
    [[0, 2], 2],
  ])('of %j: %i', (statuses, one) => {
    expect(gravest(statuses)).toBe(one)
  })

  test('is one of those given, whatever their order', () => {
    const statuses = fc.array(fc.constantFrom<Exit>(0, 1, 2, 3, 4, 5, 130), { minLength: 1 })
    fc.assert(
      fc.property(statuses, all => {
        expect(all).toContain(gravest(all))
        expect(gravest([...all].reverse())).toBe(gravest(all))
      }),
    )
  })
})

test.each([
  [0, 0],
  [3, 3],
  [130, 130],
  [6, 1],
  [127, 1],
  [255, 1],
])('%i as one of ours is %i', (status, own) => {
  expect(ownExit(status)).toBe(own)
})

describe('the page on exit statuses', () => {
  const page = exitCodesPage()

  test.each(Object.entries(ERROR_CODES))('%s stands under its status', (code, { exit }) => {
    const block = new RegExp(`^ *${exit} {2}.*\\n((?: {6}.*\\n)*)`, 'm').exec(page)?.[1] ?? ''
    expect(block.split(/\s+/)).toContain(code)
  })

  test('fits a terminal of 80 columns, but for the one line that is a sentence', () => {
    const wide = page.split('\n').filter(line => line.length > 80)
    expect(wide.every(line => line.startsWith('`status --check`'))).toBe(true)
  })
})
