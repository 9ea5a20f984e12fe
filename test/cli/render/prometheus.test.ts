/** The figures for Prometheus: what they say, that a strict reader takes them, and that `promtool` does. */
import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderPrometheus } from '../../../src/cli/render/prometheus.ts'
import { ACCOUNT_STATES } from '../../../src/renewal/assess.ts'
import { at, header } from '../../support/accounts.ts'
import { type Family, parseExposition } from '../../support/exposition.ts'
import { findPromtool } from '../../support/promtool.ts'
import { app, EVERY_STATE, findings, NOW } from './findings.ts'

/** The value of one series; undefined where there is none. */
function seriesValue(text: string, name: string, labels: Readonly<Record<string, string>> = {}) {
  const found = parseExposition(text)
    .get(name)
    ?.series.filter(each => Object.entries(labels).every(([label, value]) => each.labels[label] === value))
  expect(found?.length ?? 0).toBeLessThanOrEqual(1)
  return found?.[0]?.value
}

const everything = findings(EVERY_STATE, {
  appHeaders: [app('amazon', '2026-06-15'), app('ebay', null), app('amazon', null, 'second')],
  unreadable: 2,
  lastOpened: { at: at('2026-11-22T03:00:00Z'), by: 'renew' },
})

describe('an account in each state', () => {
  const text = renderPrometheus(everything)

  it('is as it was', async () => {
    await expect(text).toMatchFileSnapshot('goldens/status.prom')
  })

  it('has one state, of all there are', () => {
    const { series } = parseExposition(text).get('tokenctl_account_state') as Family
    for (const { account } of EVERY_STATE) {
      const states = series.filter(each => each.labels['account'] === account)
      expect(states.map(each => each.labels['state'])).toEqual([...ACCOUNT_STATES])
      expect(states.reduce((sum, each) => sum + each.value, 0)).toBe(1)
    }
  })

  it('has its dates as points and as lengths that agree', () => {
    const families = parseExposition(text)
    for (const [length, point] of [
      ['tokenctl_seconds_to_end', 'tokenctl_end_timestamp_seconds'],
      ['tokenctl_seconds_to_renew_by', 'tokenctl_renew_by_timestamp_seconds'],
      ['tokenctl_app_secret_seconds_to_end', 'tokenctl_app_secret_end_timestamp_seconds'],
    ] as const) {
      const points = families.get(point)?.series ?? []
      expect(points.length).toBeGreaterThan(0)
      expect(families.get(length)?.series).toEqual(
        points.map(({ labels, value }) => ({ labels, value: value - NOW / 1000 })),
      )
    }
  })

  it('has no series for what is unknown', () => {
    expect(seriesValue(text, 'tokenctl_seconds_to_end', { account: 'ebay:no-end' })).toBeUndefined()
    expect(seriesValue(text, 'tokenctl_end_estimated', { account: 'ebay:no-end' })).toBeUndefined()
    expect(seriesValue(text, 'tokenctl_seconds_to_renew_by', { account: 'ebay:never' })).toBeUndefined()
    expect(
      seriesValue(text, 'tokenctl_last_success_timestamp_seconds', { account: 'ebay:never' }),
    ).toBeUndefined()
    expect(seriesValue(text, 'tokenctl_app_secret_seconds_to_end', { app: 'second' })).toBeUndefined()
    expect(text).not.toMatch(/NaN|null|undefined/)
  })

  it.each([
    ['tokenctl_end_estimated', 'amazon:fine', 1],
    ['tokenctl_end_estimated', 'ebay:fine', 0],
    ['tokenctl_account_needs_person', 'aliexpress:refused', 1],
    ['tokenctl_account_needs_person', 'ebay:due', 0],
    ['tokenctl_account_needs_person', 'amazon:due', 1],
    ['tokenctl_consecutive_failures', 'aliexpress:refused', 3],
    ['tokenctl_consecutive_failures', 'ebay:fine', 0],
    ['tokenctl_gap_seconds', 'aliexpress:refused', 12 * 3600],
    ['tokenctl_gap_seconds', 'ebay:fine', 0],
    // A refresh moves no clock of Amazon's, and is a success all the same.
    ['tokenctl_last_success_timestamp_seconds', 'amazon:fine', at('2026-11-21') / 1000],
  ])('%s of %s is %i', (name, account, value) => {
    expect(seriesValue(text, name, { account })).toBe(value)
  })

  it('counts accounts, and records that cannot be read', () => {
    expect(seriesValue(text, 'tokenctl_accounts', { marketplace: 'ebay' })).toBe(7)
    expect(seriesValue(text, 'tokenctl_unreadable_records')).toBe(2)
    expect(seriesValue(text, 'tokenctl_vault_opened_timestamp_seconds')).toBe(
      at('2026-11-22T03:00:00Z') / 1000,
    )
    expect(seriesValue(text, 'tokenctl_status_timestamp_seconds')).toBe(NOW / 1000)
  })
})

it('an empty vault: no accounts is a figure, not silence', () => {
  const text = renderPrometheus(findings([], { notConnected: ['ebay', 'amazon', 'aliexpress'] }))
  expect([...parseExposition(text).keys()]).toEqual([
    'tokenctl_accounts',
    'tokenctl_unreadable_records',
    'tokenctl_status_timestamp_seconds',
  ])
  for (const marketplace of ['ebay', 'amazon', 'aliexpress'])
    expect(seriesValue(text, 'tokenctl_accounts', { marketplace })).toBe(0)
})

it('the order is that of the names, whatever the states', () => {
  const [first, second] = [header({ account: 'ebay:a' }), header({ account: 'ebay:b' })]
  const accounts = (text: string) =>
    parseExposition(text)
      .get('tokenctl_account_info')
      ?.series.map(each => each.labels['account'])
  for (const ended of [first, second]) {
    const headers = [first, second].map(each =>
      each === ended ? { ...each, endsAt: at('2026-11-01') } : each,
    )
    expect(accounts(renderPrometheus(findings(headers)))).toEqual(['ebay:a', 'ebay:b'])
  }
})

describe('texts from elsewhere', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
    fc.constantFrom('"', '\\', '\\n', 'a"} 1\ntokenctl_up 0', '\u202eshop', '\r', '🛒', '\ud800', 'a\\"b'),
  )

  it('stay in their label, and no control or turning mark comes through', () => {
    fc.assert(
      fc.property(hostile, hostile, (seller, name) => {
        const text = renderPrometheus(
          findings([header({ account: 'ebay:main', seller })], {
            appHeaders: [app('amazon', '2026-08-01', name)],
          }),
        )
        expect(text).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/,
        )
        expect(text).not.toMatch(/\p{Cs}/u)
        const info = parseExposition(text).get('tokenctl_account_info')?.series
        expect(info).toHaveLength(1)
        if (/^[\x20-\x7e]+$/.test(seller)) expect(info?.[0]?.labels['seller']).toBe(seller)
        expect(parseExposition(text).get('tokenctl_app_secret_seconds_to_end')?.series).toHaveLength(1)
      }),
    )
  })

  it('a seller without a name has no label', () => {
    const text = renderPrometheus(findings([header({ seller: '' })]))
    expect(parseExposition(text).get('tokenctl_account_info')?.series[0]?.labels).not.toHaveProperty('seller')
  })
})

describe('the strict reader', () => {
  const good = '# HELP a_b What.\n# TYPE a_b gauge\na_b{c="d"} 1\n'
  it.each([
    ['no end of the last line', good.slice(0, -1)],
    ['no HELP', good.split('\n').slice(1).join('\n')],
    ['no TYPE', '# HELP a_b What.\na_b 1\n'],
    ['a family in two places', good + good],
    ['a series twice', `${good}a_b{c="d"} 2\n`],
    ['another family without its HELP', `${good}b 1\n`],
    ['no sample', '# HELP a_b What.\n# TYPE a_b gauge\n'],
    ['NaN', good.replace(' 1', ' NaN')],
    ['a quotation mark', good.replace('"d"', '"d"d"')],
    ['an escape that is none', good.replace('"d"', '"\\d"')],
    ['an empty label', good.replace('"d"', '""')],
    ['a label twice', good.replace('c="d"', 'c="d",c="e"')],
    ['a control character', good.replace('"d"', '"\r"')],
  ])('refuses %s', (_, text) => {
    expect(parseExposition(good).size).toBe(1)
    expect(() => parseExposition(text)).toThrow()
  })
})

describe('promtool', () => {
  it.for([
    ['every state', everything],
    ['an empty vault', findings([], { notConnected: ['ebay'] })],
    ['a hostile seller', findings([header({ seller: 'a\\b"c\nd\u202e🛒' })])],
  ] as const)('takes %s without a word', ([, found], context) => {
    const promtool = findPromtool(why => context.skip(why))
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], {
      input: renderPrometheus(found),
      encoding: 'utf8',
    })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
  })
})
