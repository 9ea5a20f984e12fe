/**
 * The page in a real browser: axe finds nothing, nothing is wider than the screen, the tables stay tables, and a seller
 * who means it ill gets nothing done. On a phone's screen and a desk's, light and dark. Pictures of it are left in the
 * folder that TOKENCTL_PICTURES names, to be looked at.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderHtml } from '../../../src/cli/render/html.ts'
import type { ExportFindings } from '../../../src/cli/status/status-exports.ts'
import { chromiumMissing, startChromium } from '../../support/consent-browser.ts'
import { makeHome } from '../../support/temporary-home.ts'
import { findings, rules } from './findings.ts'
import { EVERYTHING, manyAccounts } from './page-findings.ts'

const missing = chromiumMissing()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const pictures = process.env['TOKENCTL_PICTURES']

const PAGES: Readonly<Record<string, ExportFindings>> = {
  everything: EVERYTHING,
  many: manyAccounts(20),
  nothing: findings([], { notConnected: ['ebay', 'amazon', 'aliexpress'], store: null }),
}
const SCREENS = [320, 1280].flatMap(width => (['light', 'dark'] as const).map(scheme => ({ width, scheme })))

describe.skipIf(missing !== undefined)(`the page in a browser (${missing ?? 'chromium'})`, () => {
  let browser: Browser
  const { path: folder, remove } = makeHome()
  const tried: string[] = []

  beforeAll(async () => {
    for (const [name, found] of Object.entries(PAGES))
      writeFileSync(join(folder, `${name}.html`), renderHtml(found, rules))
    browser = await startChromium()
  })
  afterAll(async () => {
    await browser.close()
    remove()
  })

  async function open(
    name: string,
    width: number,
    scheme: 'light' | 'dark',
    bypassCSP = false,
  ): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      bypassCSP,
    })
    const page = await context.newPage()
    const own = pathToFileURL(join(folder, `${name}.html`)).href
    page.on('request', request => void (request.url() === own || tried.push(request.url())))
    page.on('console', message => void tried.push(message.text()))
    page.on('pageerror', error => void tried.push(error.message))
    page.on('dialog', dialog => {
      tried.push(dialog.message())
      void dialog.dismiss()
    })
    await page.goto(own)
    return page
  }

  describe.each(Object.keys(PAGES))('%s', name => {
    test.each(SCREENS)('$width wide, $scheme: no violation, nothing cut off', async ({ width, scheme }) => {
      // axe itself is a script, which the page's own policy refuses.
      const page = await open(name, width, scheme, true)
      if (pictures !== undefined) {
        mkdirSync(pictures, { recursive: true })
        await page.screenshot({ path: join(pictures, `${name}-${width}-${scheme}.png`), fullPage: true })
      }
      const wide = await page.evaluate('document.documentElement.scrollWidth')
      expect(wide).toBe(width)
      await page.evaluate(axe)
      const { violations, passes } = await page.evaluate<AxeResults>('axe.run(document)')
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html, nodes[0]?.failureSummary])).toEqual([])
      // It did look: at the colours and, where there is one, at the table.
      const rules = passes.map(({ id }) => id)
      expect(rules).toContain('color-contrast')
      expect(rules.includes('scope-attr-valid')).toBe(name !== 'nothing')
      await page.context().close()
    })
  })

  test.each([320, 1280])('%i wide: a screen reader hears a table with its headers', async width => {
    const page = await open('everything', width, 'light')
    const table = page.getByRole('table', { name: 'The gravest first' })
    expect(await table.getByRole('row').count()).toBe(14)
    expect(await table.getByRole('columnheader').count()).toBe(6)
    expect(await table.getByRole('rowheader').count()).toBe(13)
    expect(await table.getByRole('cell').count()).toBe(5 * 13)
    expect(await page.getByRole('img', { name: 'Time line' }).count()).toBe(1)
    await page.context().close()
  })

  test('the keyboard goes through the parts in their order, and each link leads there', async () => {
    const page = await open('everything', 1280, 'light')
    const visited: string[] = []
    for (const _ of PAGES['everything']?.accounts ?? []) {
      await page.keyboard.press('Tab')
      visited.push(await page.evaluate<string>('document.activeElement.textContent'))
      if (visited.length === 8) break
    }
    expect(visited).toEqual(await page.getByRole('heading', { level: 2 }).allTextContents())
    await page.getByRole('link', { name: 'The year' }).click()
    expect(page.url()).toMatch(/#year$/)
    await page.context().close()
  })

  test('a click on a command selects it whole', async () => {
    const page = await open('everything', 1280, 'light')
    await page.getByText('tokenctl set-amazon due').click()
    expect(await page.evaluate('getSelection().toString()')).toBe('tokenctl set-amazon due')
    await page.context().close()
  })

  test('paper gets a table and dark letters, whatever the screen had', async () => {
    const page = await open('everything', 700, 'dark')
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const style = (property: string, of: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${of}')).${property}`)
    expect(await style('color', 'body')).toBe('rgb(28, 33, 40)')
    expect(await style('display', 'tbody tr')).toBe('table-row')
    expect(await style('display', 'nav')).toBe('none')
    await page.context().close()
  })

  test('nothing was fetched, run, asked or complained of', () => {
    expect(tried).toEqual([])
  })
})
