import { expect, test } from 'vitest'
import {
  makeAccessToken,
  makeCode,
  makeRefreshToken,
  makeRequestId,
} from '../../src/simulator/token-shapes.ts'

const EBAY = /^v\^1\.1#i\^1#p\^3#r\^1#I\^3#f\^0#t\^(?=.*\+)(?=.*\/)[A-Za-z0-9+/]+==$/

test.each([
  ['eBay refresh', () => makeRefreshToken('ebay'), EBAY],
  ['eBay access', () => makeAccessToken('ebay'), EBAY],
  ['Amazon refresh', () => makeRefreshToken('amazon'), /^Atzr\|[\w-]{300,}$/],
  ['Amazon access', () => makeAccessToken('amazon'), /^Atza\|[\w-]{300,}$/],
  ['AliExpress refresh', () => makeRefreshToken('aliexpress'), /^5000[A-Za-z0-9]{56}$/],
  ['AliExpress access', () => makeAccessToken('aliexpress'), /^5000[A-Za-z0-9]{56}$/],
  ['eBay code', () => makeCode('ebay', ''), EBAY],
  ['Amazon code', () => makeCode('amazon', ''), /^[A-Za-z0-9]{18}$/],
  ['AliExpress code', () => makeCode('aliexpress', '500102'), /^3_500102_[A-Za-z0-9]{25}$/],
  ['request id', makeRequestId, /^[0-9a-f]{32}$/],
] as const)('%s', (_, make, shape) => {
  const made = Array.from({ length: 20 }, make)
  for (const text of made) expect(text).toMatch(shape)
  expect(new Set(made).size).toBe(20)
})
