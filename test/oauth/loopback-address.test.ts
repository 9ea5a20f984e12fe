import { expect, it } from 'vitest'
import { readLoopbackAddress } from '../../src/oauth/loopback-address.ts'

it.each([
  ['http://127.0.0.1:8123/callback', { host: '127.0.0.1', port: 8123, path: '/callback' }],
  ['http://127.0.0.1:8123/', { host: '127.0.0.1', port: 8123, path: '/' }],
  ['http://127.0.0.1:8123', { host: '127.0.0.1', port: 8123, path: '/' }],
  ['http://127.0.0.1:8123?shop=a', { host: '127.0.0.1', port: 8123, path: '/' }],
  ['http://127.0.0.1/callback', { host: '127.0.0.1', port: 80, path: '/callback' }],
  ['http://127.0.0.1:80/callback', { host: '127.0.0.1', port: 80, path: '/callback' }],
  ['http://127.0.0.1:8123/a/b?shop=a', { host: '127.0.0.1', port: 8123, path: '/a/b' }],
  // As a browser sends them.
  ['http://127.0.0.1:8123/ä b', { host: '127.0.0.1', port: 8123, path: '/%C3%A4%20b' }],
  ['http://127.0.0.1:8123/a/../b', { host: '127.0.0.1', port: 8123, path: '/b' }],
  ['http://[::1]:8123/callback', { host: '::1', port: 8123, path: '/callback' }],
])('%s is listened on', (redirectUri, address) => {
  expect(readLoopbackAddress(redirectUri)).toEqual(address)
})

it.each([
  'http://localhost:8123/callback',
  'http://localhost.:8123/callback',
  'https://127.0.0.1:8123/callback',
  'http://127.0.0.2:8123/callback',
  'http://127.1:8123/callback',
  'http://0x7f.0.0.1:8123/callback',
  'http://2130706433/callback',
  'http://[::ffff:127.0.0.1]:8123/',
  'http://[0:0:0:0:0:0:0:1]:8123/',
  'http://127.0.0.1.evil.example/callback',
  'http://127.0.0.1@evil.example/callback',
  'http://me@127.0.0.1:8123/callback',
  'http://127.0.0.1:99999/callback',
  'http://127.0.0.1:8123/callback#part',
  'http://127.0.0.1:/callback',
  ' http://127.0.0.1:8123/callback',
  'HTTP://127.0.0.1:8123/callback',
  'https://shop.example/callback',
  'My_Shop-MyShop-Prod-abcdef',
  '',
])('%j is not', redirectUri => {
  expect(readLoopbackAddress(redirectUri)).toBeNull()
})
