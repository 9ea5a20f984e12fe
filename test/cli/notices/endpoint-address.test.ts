/** Which addresses may be asked, and that nothing of one that may not is ever repeated. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressProblem } from '../../../src/cli/notices/endpoint-address.ts'

test.each([
  'https://h.test',
  'https://h.test/a?b=c',
  'http://localhost:1/x',
  'http://[::1]:1/x',
  'http://127.9.9.9/',
  `https://h.test/${'x'.repeat(2033)}`,
])('%s may be asked', address => {
  expect(addressProblem(address)).toBeUndefined()
})

test.each<[string, RegExp]>([
  ['', /^No address was given/],
  [' ', /^This is no address/],
  ['h.test', /^This is no address/],
  ['https://', /^This is no address/],
  [' https://h.test', /^This is no address/],
  ['https://h.test/a b', /^This is no address/],
  ['https://h.test/\nhttps://h.test/', /^This is no address/],
  ['https://hö.test/', /^This is no address/],
  ['http://h.test/', /must begin with https/],
  ['http://localhost.h.test/', /must begin with https/],
  ['http://127.0.0.1.h.test/', /must begin with https/],
  ['ftp://h.test/', /must begin with https/],
  ['file:///etc/passwd', /must begin with https/],
  ['https://me@h.test/', /user name/],
  ['https://:word@h.test/', /user name/],
  ['https://h.test/#part', /fragment/],
  [`https://h.test/${'x'.repeat(2034)}`, /longer than 2048/],
])('%j may not', (address, words) => {
  expect(addressProblem(address)).toMatch(words)
})

test('what is typed is never repeated', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('', 'http://h.test/', 'https://u@h.test/', 'https://h.test/#'),
      fc.string(),
      (before, rest) => {
        expect(addressProblem(`${before}CNRY${rest}`) ?? '').not.toContain('CNRY')
      },
    ),
  )
})
