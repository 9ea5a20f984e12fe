import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeHtml, htmlReply } from '../../src/simulator/html.ts'

test('what is escaped holds nothing that ends a text or an attribute, and comes back whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const escaped = escapeHtml(text)
      expect(escaped).not.toMatch(/[<>"']/)
      const back = escaped.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
      expect(back).toBe(text)
    }),
  )
})

test('a page without a form may send none', () => {
  const { headers, body } = htmlReply(200, { title: '<b>', main: '<p>x</p>' }, 'shown')
  expect(headers['content-security-policy']).toContain("form-action 'none'")
  expect(body).toContain('<title>&#60;b&#62;</title>')
})
