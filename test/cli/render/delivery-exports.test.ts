/** What monitors see of deliveries: tokens that did not arrive stop a shop, whatever its dates say. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { nagiosVerdict } from '../../../src/cli/render/nagios.ts'
import { renderPrometheus } from '../../../src/cli/render/prometheus.ts'
import { exitOf } from '../../../src/cli/status/status-check.ts'
import { DAY, HOUR } from '../../../src/tokens/time.ts'
import { at, delivery, header } from '../../support/accounts.ts'
import { parseExposition } from '../../support/exposition.ts'
import { findPromtool } from '../../support/promtool.ts'
import { findings, horizon, NOW, rules } from './findings.ts'

const FINE = {
  consentAt: at('2026-11-01'),
  endsAt: at('2028-01-30'),
  acceptedAt: NOW - HOUR,
  accessExpiresAt: NOW + 30 * DAY,
  generation: 3,
}
const refused = { code: 'DELIVERY_FAILED', count: 1, since: NOW, lastAt: NOW, notBefore: null }
const STATES = {
  delivered: delivery({ deliveredGeneration: 3, deliveredAt: NOW - HOUR }),
  pending: delivery({ deliveredGeneration: 2, deliveredAt: NOW - DAY }),
  failed: delivery({ failing: refused }),
}
const accounts = (...names: (keyof typeof STATES)[]) =>
  names.map(name => header({ ...FINE, account: `ebay:${name}`, delivery: STATES[name] }))

describe('nagios', () => {
  it.each<[names: (keyof typeof STATES)[], level: string, words: string]>([
    [['delivered'], 'OK', '1 account, next ebay:delivered by '],
    [['delivered', 'pending'], 'WARNING', 'ebay:pending delivery pending (tokenctl deliver ebay:pending)'],
    [
      ['pending', 'failed'],
      'CRITICAL',
      'ebay:failed delivery failed (tokenctl deliver ebay:failed); ebay:pending delivery pending',
    ],
  ])('%j: %s', (names, level, words) => {
    const { line } = nagiosVerdict(findings(accounts(...names)), horizon(), rules)
    expect(line).toContain(`TOKENCTL ${level} - ${words}`)
  })
})

describe('--check', () => {
  it.each<[names: (keyof typeof STATES)[], exit: number]>([
    [['delivered'], 0],
    [['delivered', 'pending'], 4],
    [['pending', 'failed'], 3],
  ])('%j: %i', (names, exit) => {
    expect(exitOf(findings(accounts(...names)), horizon())).toBe(exit)
    expect(exitOf(findings(accounts(...names)), undefined)).toBe(0)
  })
})

describe('prometheus', () => {
  const text = renderPrometheus(findings(accounts('delivered', 'pending', 'failed')))

  it('each has one of the three states, and when tokens last arrived', () => {
    const families = parseExposition(text)
    for (const name of ['delivered', 'pending', 'failed']) {
      const series = families
        .get('tokenctl_delivery_state')
        ?.series.filter(each => each.labels['account'] === `ebay:${name}`)
      expect(series?.map(each => [each.labels['state'], each.value])).toEqual(
        ['delivered', 'pending', 'failed'].map(state => [state, state === name ? 1 : 0]),
      )
    }
    const arrived = families.get('tokenctl_delivery_timestamp_seconds')?.series
    expect(arrived?.map(each => each.value).sort()).toEqual([(NOW - DAY) / 1000, (NOW - HOUR) / 1000])
  })

  it('nothing where nothing is handed on', () => {
    expect(renderPrometheus(findings([header(FINE)]))).not.toContain('delivery')
  })

  it('promtool takes it', ({ skip }) => {
    const { status, stderr } = spawnSync(findPromtool(skip), ['check', 'metrics'], { input: text })
    expect([status, String(stderr)]).toEqual([0, ''])
  })
})
