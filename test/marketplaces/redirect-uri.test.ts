import { expect, test } from 'vitest'
import { redirectUriProblem } from '../../src/marketplaces/redirect-uri.ts'

test.each([
  ['https://shop.example/back', undefined],
  ['https://shop.example', undefined],
  ['https://shop.example/back?x=1&y=%20', undefined],
  ['HTTPS://Shop.example/Back', undefined],
  ['http://127.0.0.1:8123/callback', undefined],
  ['http://127.0.0.1/', undefined],
  ['http://[::1]:8123/callback', undefined],
  ['http://localhost:8123/', undefined],
  ['http://shop.example/back', /plain http/],
  ['http://127.0.0.1.evil.example/', /plain http/],
  ['http://localhost.evil.example/', /plain http/],
  ['http://127.0.0.1@evil.example/', /plain http/],
  ['shop.example/back', /no address/],
  ['Name_Surname-NameSurn-App-abcdef', /no address/],
  ['javascript:alert(1)', /no address/],
  ['ftp://shop.example/', /no address/],
  ['https://', /no address/],
  ['https://shop.example/#', /`#`/],
  ['https://shop.example/#part', /`#`/],
  ['https://user@shop.example/', /user name or a password/],
  ['https://user:pass@shop.example/', /user name or a password/],
])('redirectUriProblem(%j): %s', (text, problem) => {
  const found = redirectUriProblem(text)
  if (problem === undefined) expect(found).toBeUndefined()
  else expect(found).toMatch(problem)
})
