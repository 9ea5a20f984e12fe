/** What the sockets of `loopback.test.ts` cannot show: the scheme's own port, and the limits to the byte. */
import { describe, expect, it } from 'vitest'
import { LONGEST_QUERY, type LoopbackAddress, navigationQuery } from '../../src/platform/loopback-request.ts'

const AT_8123: LoopbackAddress = { host: '127.0.0.1', port: 8123, path: '/cb' }

const request = (host: string, url = '/cb?a=b', more: Record<string, string[]> = {}) => ({
  method: 'GET',
  httpVersion: '1.1',
  url,
  headersDistinct: { host: [host], ...more },
})

describe('the Host', () => {
  it.each<[host: string, at: LoopbackAddress, isOurs: boolean]>([
    ['127.0.0.1:8123', AT_8123, true],
    ['127.0.0.1', AT_8123, false],
    ['127.0.0.1:80', AT_8123, false],
    ['127.0.0.1:08123', AT_8123, false],
    ['127.1:8123', AT_8123, false],
    ['127.0.0.1.:8123', AT_8123, false],
    ['[::1]:8123', AT_8123, false],
    ['127.0.0.1', { ...AT_8123, port: 80 }, true],
    ['127.0.0.1:80', { ...AT_8123, port: 80 }, true],
    ['[::1]:8123', { ...AT_8123, host: '::1' }, true],
    ['::1:8123', { ...AT_8123, host: '::1' }, false],
    ['127.0.0.1:8123', { ...AT_8123, host: '::1' }, false],
    ['[::1]', { ...AT_8123, host: '::1', port: 80 }, true],
  ])('%s at %o: %s', (host, at, isOurs) => {
    expect(navigationQuery(request(host), at)).toBe(isOurs ? 'a=b' : undefined)
  })
})

it.each<[what: string, url: string, query: string | undefined]>([
  ['the whole query, undecoded', '/cb?a=%2Bb&c=d?e', 'a=%2Bb&c=d?e'],
  ['an empty query', '/cb?', ''],
  ['the longest', `/cb?${'x'.repeat(LONGEST_QUERY)}`, 'x'.repeat(LONGEST_QUERY)],
  ['one byte more', `/cb?${'x'.repeat(LONGEST_QUERY + 1)}`, undefined],
  ['bytes that no browser sends', '/cb?a=\xe9', undefined],
  ['no query', '/cb', undefined],
  ['no query, and a path that is a letter too long', '/cbx', undefined],
  ['another case', '/CB?a=b', undefined],
  ['the same path, encoded', '/%63b?a=b', undefined],
  ['two slashes', '//cb?a=b', undefined],
])('%s', (_, url, query) => {
  expect(navigationQuery(request('127.0.0.1:8123', url), AT_8123)).toBe(query)
})

it.each<[headers: Record<string, string[]>, isNavigation: boolean]>([
  [{}, true],
  [
    { 'sec-fetch-mode': ['navigate'], 'sec-fetch-dest': ['document'], 'sec-fetch-site': ['cross-site'] },
    true,
  ],
  [{ cookie: ['a=b'], referer: ['https://auth.ebay.com/'] }, true],
  [{ 'sec-fetch-mode': ['cors'] }, false],
  [{ 'sec-fetch-mode': ['navigate', 'navigate, cors'] }, false],
  [{ 'sec-fetch-dest': ['empty'] }, false],
  [{ 'sec-purpose': ['prefetch'] }, false],
  [{ purpose: ['prefetch'] }, false],
  [{ 'x-purpose': ['preview'] }, false],
  [{ 'x-moz': ['prefetch'] }, false],
  [{ origin: ['http://127.0.0.1:8123'] }, false],
])('%j: %s', (headers, isNavigation) => {
  const query = navigationQuery(request('127.0.0.1:8123', '/cb?a=b', headers), AT_8123)
  expect(query).toBe(isNavigation ? 'a=b' : undefined)
})
