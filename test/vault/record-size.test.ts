/** How long a record is: in bytes, its header with it. */
import { expect, test } from 'vitest'
import { recordBytes, refuseTooLong } from '../../src/vault/record-size.ts'

const RECORD = { header: { seller: 'Läden' }, body: '{"a":"€"}' }
const BYTES = '{"seller":"L??den"}'.length + '{"a":"???"}'.length

test('header and body count, in bytes of UTF-8', () => {
  expect(recordBytes(RECORD)).toBe(BYTES)
})

test('one byte more than there may be is refused, with both numbers', () => {
  expect(() => refuseTooLong('account/ebay:main', RECORD, BYTES)).not.toThrow()
  expect(() => refuseTooLong('account/ebay:main', RECORD, BYTES - 1)).toThrow(
    expect.objectContaining({
      code: 'WRITE_FAILED',
      message: `The record account/ebay:main has ${BYTES} bytes; the most is ${BYTES - 1}.`,
    }),
  )
})
