import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { REFUSED_PAGE, TAKEN_PAGE } from '../../src/platform/loopback-page.ts'

const pages = [
  ['taken', TAKEN_PAGE],
  ['refused', REFUSED_PAGE],
] as const

it.each(pages)('%s: says where to go on, and that nothing more happens here', (_, { html }) => {
  expect(html).toContain('Go back to the terminal')
  expect(html).toMatch(/^<!doctype html>\n<html lang="en"/)
  expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
  expect(html).toContain('prefers-color-scheme: dark')
})

it.each(pages)('%s: loads nothing, runs nothing, links nowhere', (_, { html }) => {
  expect(html).not.toMatch(
    /<(script|link|img|iframe|form|a|base|object|svg)\b|\bon\w+=|url\(|@import|https?:/i,
  )
})

it.each(pages)('%s: the policy lets its own style through and nothing else', (_, { html, headers }) => {
  const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  expect(headers['Content-Security-Policy']).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  expect(html).not.toContain('style=')
})

it('a refusal is 400, an answer 200', () => {
  expect([TAKEN_PAGE.status, REFUSED_PAGE.status]).toEqual([200, 400])
})
