/** The page of `status`: what it says and to whom, that nothing comes through that could do harm, and what it weighs. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderHtml } from '../../../src/cli/render/html.ts'
import { daysWords, minuteMarkup } from '../../../src/cli/render/html-dates.ts'
import { DARK, LIGHT, type Palette, STYLE } from '../../../src/cli/render/html-style.ts'
import type { ExportFindings } from '../../../src/cli/status/status-exports.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { ACCOUNT_STATES } from '../../../src/renewal/assess.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'
import { contrast } from '../../support/contrast.ts'
import { type Element, elements, parsePage, skeletonOf, textOf } from '../../support/html.ts'
import { inUtc, setTimeZone } from '../../support/time-zone.ts'
import { app, EVERY_STATE, findings, NOW, rules } from './findings.ts'
import { EVERYTHING, HOSTILE_SELLER, manyAccounts } from './page-findings.ts'

inUtc()

const render = (found: ExportFindings) => renderHtml(found, rules)
const parsed = (found: ExportFindings) => parsePage(render(found))
const texts = (page: Element, name: string) => elements(page, name).map(textOf)
const heading = (headers: readonly AccountHeader[], more: Parameters<typeof findings>[1] = {}) =>
  texts(parsed(findings(headers, more)), 'h1')[0]

describe('everything there is', () => {
  const page = parsed(EVERYTHING)
  const rowOf = (account: string) =>
    elements(page, 'tr').find(row => textOf(row).startsWith(account)) ?? expect.unreachable(account)

  it('is as it was', async () => {
    await expect(render(EVERYTHING)).toMatchFileSnapshot('goldens/status.html.txt')
  })

  it('has landmarks, one first heading, and the others in their order', () => {
    for (const name of ['header', 'nav', 'main', 'footer', 'h1']) expect(elements(page, name)).toHaveLength(1)
    expect(texts(page, 'h2')).toEqual([
      'What went wrong',
      'Accounts',
      'Orders may be missing',
      'Not delivered',
      'App secrets',
      'The year',
      'Not connected',
      'Notes',
    ])
    expect(texts(page, 'h2')).toEqual(elements(page, 'a').map(textOf))
  })

  it('says first what matters, in the title too', () => {
    const words =
      '1 record cannot be read, 4 of 13 accounts need a person, 4 can be renewed by tokenctl, 1 delivery failed'
    expect(texts(page, 'h1')).toEqual([words])
    expect(textOf(elements(page, 'title')[0] ?? page)).toBe(`tokenctl: ${words}`)
  })

  it('has tables with headers and scopes', () => {
    const [accounts, apps] = elements(page, 'table')
    for (const table of [accounts, apps]) {
      if (table === undefined) return expect.unreachable('no table')
      const columns = elements(table, 'th').filter(({ attributes }) => attributes['scope'] === 'col')
      expect(texts(table, 'caption')[0]).toMatch(/\.$/)
      for (const row of elements(table, 'tr').slice(1)) {
        expect(elements(row, 'th').map(({ attributes }) => attributes['scope'])).toEqual(['row'])
        expect(elements(row, 'td')).toHaveLength(columns.length - 1)
      }
    }
    expect(accounts === undefined ? 0 : elements(accounts, 'tr').length).toBe(14)
  })

  it('tells a state by its word and its shape, not by colour alone', () => {
    for (const state of ACCOUNT_STATES) {
      const rows = elements(page, 'tr').filter(({ attributes }) => attributes['class'] === state)
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows) {
        const shown = elements(row, 'span').find(({ attributes }) => attributes['class'] === 'state')
        if (shown === undefined) return expect.unreachable('no state')
        expect(textOf(shown)).toBe(state)
        expect(elements(shown, 'use')[0]?.attributes['href']).toBe(`#${state}`)
      }
    }
  })

  it('says what to type, whole and alone in its element', () => {
    const commands = texts(page, 'code')
    for (const command of [
      'tokenctl login aliexpress:refused',
      'tokenctl login ebay:ended',
      'tokenctl renew aliexpress:waits',
      'tokenctl set-amazon due',
      'tokenctl accounts ack aliexpress:refused',
      'tokenctl deliver aliexpress:hands-on',
      'tokenctl app rotate amazon',
      'tokenctl app set amazon second --issued DATE',
      'tokenctl login aliexpress',
      'tokenctl status --verify',
    ])
      expect(commands).toContain(command)
  })

  it('has both clocks, with ~ and a word for what is estimated, and UTC for machines', () => {
    const fine = textOf(rowOf('ebay:fine'))
    expect(fine).toContain('2027-02-20in 89 days')
    expect(fine).toContain('2027-12-01in 373 days')
    expect(textOf(rowOf('amazon:fine'))).toContain('~2027-10-01in 312 daysestimated')
    expect(elements(rowOf('ebay:fine'), 'time').map(({ attributes }) => attributes['datetime'])).toEqual([
      '2027-02-20T08:00:00Z',
      '2027-12-01T00:00:00Z',
      '2026-11-20T08:00:00Z',
    ])
    expect(textOf(rowOf('ebay:never')).match(/not known/g)).toHaveLength(3)
    expect(textOf(rowOf('ebay:tracked'))).toContain('followed by its dates')
    expect(textOf(rowOf('ebay:a-shop'))).toContain('eBay, sandbox')
  })

  it('has the time line as one picture with a name and a description, and each account in it', () => {
    const [picture, ...more] = elements(page, 'svg').filter(({ attributes }) => attributes['role'] === 'img')
    if (picture === undefined) return expect.unreachable('no picture')
    expect(more).toEqual([])
    expect(picture.attributes['aria-labelledby']).toBe('t1 d1')
    expect(texts(picture, 'desc')[0]).toContain('From 2026-10-01 to 2027-12-01; today is 2026-11-22.')
    const rows = elements(picture, 'g')
    expect(rows.map(row => row.attributes['class'])).toEqual([
      ...EVERYTHING.accounts.map(({ assessment }) => assessment.state),
      'expiring',
      'ok',
    ])
    // The other drawings are said in words beside them.
    const others = elements(page, 'svg').filter(each => each !== picture)
    for (const { attributes } of others) expect(attributes['aria-hidden']).toBe('true')
  })

  it('explains every sign of the time line', () => {
    const picture = elements(page, 'svg').find(({ attributes }) => attributes['role'] === 'img') ?? page
    const legend = elements(page, 'ul').find(({ attributes }) => attributes['class'] === 'legend') ?? page
    const signs = (element: Element) =>
      [
        ...elements(element, 'use').map(({ attributes }) => attributes['href']),
        ...elements(element, 'line').map(({ attributes }) => attributes['class']),
      ].filter(sign => !(sign ?? '').startsWith('grid'))
    const states = ACCOUNT_STATES.map(state => `#${state}`)
    const used = new Set(signs(picture).filter(sign => !states.includes(sign ?? '')))
    expect([...used].sort()).toEqual([...new Set(signs(legend))].sort())
    expect(used.size).toBe(8)
  })
})

describe('the headline', () => {
  const fine = (name: string) => header({ account: `ebay:${name}`, consentAt: at('2026-11-01') })
  const due = (name: string) => header({ account: `ebay:${name}`, consentAt: at('2026-08-01') })
  const ended = (name: string) => header({ account: `ebay:${name}`, endsAt: at('2026-11-01') })

  it.each<[headers: readonly AccountHeader[], more: Parameters<typeof findings>[1], words: string]>([
    [[], { notConnected: ['ebay', 'amazon', 'aliexpress'] }, 'Nothing is connected yet'],
    [[], { notConnected: ['ebay'] }, 'No account is shown here'],
    [[fine('a')], {}, 'The one account is ok'],
    [[fine('a'), fine('b')], {}, 'Both accounts are ok'],
    [[fine('a'), fine('b'), fine('c')], {}, 'All 3 accounts are ok'],
    [[fine('a'), due('b')], {}, '1 of 2 accounts can be renewed by tokenctl'],
    [[ended('a')], {}, '1 of 1 account needs a person'],
    [[ended('a'), ended('b'), due('c')], {}, '2 of 3 accounts need a person, 1 can be renewed by tokenctl'],
    [[fine('a')], { unreadable: 2 }, '2 records cannot be read'],
  ])('%#', (headers, more, words) => {
    expect(heading(headers, more)).toBe(words)
  })
})

describe('parts without content are left out', () => {
  it('nothing at all is connected', () => {
    const page = parsed(findings([], { notConnected: ['ebay', 'amazon', 'aliexpress'], store: null }))
    expect(texts(page, 'h2')).toEqual(['Not connected'])
    expect(texts(page, 'main')[0]).toContain('eBay tokenctl login ebay')
    expect(elements(page, 'nav')).toEqual([])
    expect(elements(page, 'table')).toEqual([])
  })

  it('an account of which nothing is known has a row on the line all the same', () => {
    const page = parsed(findings([header()]))
    expect(texts(page, 'g')[0]).toContain('no date is known')
  })
})

describe('when it was made', () => {
  it.each([
    ['UTC', NOW, '2026-11-22 10:00 UTC'],
    ['Europe/Berlin', NOW, '2026-11-22 11:00 (UTC+01:00), 2026-11-22 10:00 UTC'],
    ['America/St_Johns', NOW, '2026-11-22 06:30 (UTC-03:30), 2026-11-22 10:00 UTC'],
    ['Asia/Kathmandu', NOW, '2026-11-22 15:45 (UTC+05:45), 2026-11-22 10:00 UTC'],
    // The hour that comes twice is told apart by its offset.
    ['Europe/Berlin', at('2026-10-25T00:30:00Z'), '2026-10-25 02:30 (UTC+02:00), 2026-10-25 00:30 UTC'],
    ['Europe/Berlin', at('2026-10-25T01:30:00Z'), '2026-10-25 02:30 (UTC+01:00), 2026-10-25 01:30 UTC'],
  ])('in %s', (zone, now, words) => {
    setTimeZone(zone)
    expect(minuteMarkup(now).text).toContain(`>${words}</time>`)
    expect(textOf(elements(parsed(findings([], { now })), 'header')[0] ?? expect.unreachable())).toContain(
      words,
    )
  })

  it.each([
    [0, 'less than a day ago'],
    [1, 'within a day'],
    [86_399_999, 'within a day'],
    [86_400_000, 'in 1 day'],
    [2 * 86_400_000, 'in 2 days'],
    [-1, 'less than a day ago'],
    [-86_400_000, '1 day ago'],
    [-30 * 86_400_000, '30 days ago'],
  ])('%i ms from now is %s', (distance, words) => {
    expect(daysWords(NOW + distance, NOW)).toBe(words)
  })
})

describe('nothing comes through that could do harm', () => {
  const page = render(EVERYTHING)

  it('no script, no address elsewhere, nothing that is fetched', () => {
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`,
    )
    const used = new Set(elements(parsePage(page)).map(({ name }) => name))
    for (const name of [
      'script',
      'link',
      'img',
      'iframe',
      'object',
      'form',
      'image',
      'base',
      'foreignObject',
    ])
      expect(used).not.toContain(name)
    for (const { attributes } of elements(parsePage(page)))
      for (const name of Object.keys(attributes)) expect(name).not.toMatch(/^on|^src$|^srcset$|^action$/)
    expect(STYLE).not.toMatch(/url\(|@import|expression|<|&/)
  })

  it('a seller who means it ill is a text', () => {
    const seller = texts(parsePage(page), 'bdi')
    expect(seller).toContain(HOSTILE_SELLER.replace('\u202e', '\\u202e'))
  })

  const hostile = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
    fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", '/', '!', '`', ' ', 'a'), minLength: 1 }),
    fc.constantFrom('</svg><script>', '"/><use href="https://x.test', '\u202e', '</style>', '\u0000', '-->'),
  )

  it('whatever sellers, apps, notes and errors hold, the page is made of the same elements', () => {
    const made = (text: string) =>
      findings([header({ account: 'ebay:x', seller: text, consentAt: at('2026-11-01') })], {
        appHeaders: [app('amazon', '2026-06-15', text)],
        warnings: [text],
        problems: [new TokenctlError('RECORD_UNREADABLE', text, { account: 'ebay:x', fix: `Try ${text}.` })],
        lastOpened: { at: NOW, by: text },
      })
    const shape = (text: string) => skeletonOf(parsed(made(text)))
    const [short, long] = [shape('x'), shape('x'.repeat(60))]
    fc.assert(
      fc.property(hostile, text => {
        // A backquote in a fix begins what is to be typed; a name that is cut has a title.
        expect([short, long]).toContain(shape(text.replaceAll('`', "'")))
      }),
      { numRuns: 60 },
    )
  })
})

describe('colours', () => {
  // WCAG 2.2, 1.4.3 (text: 4.5) and 1.4.11 (what a drawing is understood by: 3), https://www.w3.org/TR/WCAG22/
  const texts: readonly (keyof Palette)[] = ['text', 'muted', 'link', ...ACCOUNT_STATES]
  const pairs = [
    ['light', LIGHT],
    ['dark', DARK],
  ] as const
  it.each(pairs.flatMap(([scheme, palette]) => texts.map(name => [scheme, name, palette] as const)))(
    '%s: %s can be read',
    (_, name, palette) => {
      expect(contrast(palette[name], palette.ground)).toBeGreaterThanOrEqual(4.5)
      // What is to be typed stands on another ground.
      if (['text', 'muted'].includes(name))
        expect(contrast(palette[name], palette.raised)).toBeGreaterThanOrEqual(4.5)
    },
  )

  it('every colour of the sheet is one of the two palettes', () => {
    const used = STYLE.match(/#[0-9a-f]{3,8}\b/g) ?? []
    for (const colour of used) expect([...Object.values(LIGHT), ...Object.values(DARK)]).toContain(colour)
    for (const [, name = ''] of STYLE.matchAll(/var\(--(\w+)\)/g))
      expect([...Object.keys(LIGHT), 'state']).toContain(name)
  })

  it('contrast is computed as the standard has it', () => {
    expect(contrast('#000000', '#ffffff')).toBe(21)
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
    expect(contrast('#ffffff', '#767676')).toBeCloseTo(4.54, 2)
  })
})

describe('a thousand accounts', () => {
  const many = manyAccounts(1000)

  it('weigh less than 1.5 MB, and take less than 400 ms of the processor', () => {
    const before = process.cpuUsage()
    const page = render(many)
    const { user, system } = process.cpuUsage(before)
    expect(Buffer.byteLength(page)).toBeLessThan(1_500_000)
    // Some 110 ms; twice the bar, for machines that are slower than the one it was set on.
    expect((user + system) / 1000).toBeLessThan(400)
  })

  it('are in pictures of a page each, that say which accounts they hold', () => {
    const pictures = elements(parsed(many), 'svg').filter(({ attributes }) => attributes['role'] === 'img')
    expect(pictures).toHaveLength(56)
    expect(textOf(elements(pictures[1] ?? expect.unreachable(), 'title')[0] ?? expect.unreachable())).toBe(
      'Time line, 19 to 36 of 1001',
    )
    expect(pictures.flatMap(picture => elements(picture, 'g'))).toHaveLength(1001)
  })
})

it('says nothing of an order that the findings happen to have', () => {
  const shuffled = findings([...EVERY_STATE].reverse())
  expect(render(shuffled)).toBe(render(findings(EVERY_STATE)))
})
