/** docs/monitoring.md, held against the program: its metrics are those there are, its rules are rules, its commands parse. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import { buildProgram } from '../src/cli/program.ts'
import { renderPrometheus } from '../src/cli/render/prometheus.ts'
import { STATUS_FORMATS } from '../src/cli/status/status-format.ts'
import { app, EVERY_STATE, findings, NOW } from './cli/render/findings.ts'
import { delivery, header } from './support/accounts.ts'
import { parseExposition } from './support/exposition.ts'
import { findPromtool } from './support/promtool.ts'
import { temporaryHome } from './support/temporary-home.ts'

const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'monitoring.md'), 'utf8')
const fences = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, body]) => ({
  language,
  body: body ?? '',
}))
const rules = fences.find(fence => fence.language === 'yaml')?.body ?? ''

/** One more, whose tokens are handed on: what is not handed on has no such series. */
const delivering = header({
  account: 'ebay:delivering',
  holdsToken: true,
  delivery: delivery({ deliveredGeneration: 0, deliveredAt: NOW }),
})
const families = parseExposition(
  renderPrometheus(
    findings([...EVERY_STATE, delivering], {
      appHeaders: [app('amazon', '2026-08-01')],
      lastOpened: { at: NOW, by: 'renew' },
    }),
  ),
)

describe('the metrics', () => {
  const rows = [...text.matchAll(/^\| `(tokenctl_\w+)` \|([^|]*)\|/gm)]

  test('the table names those there are, each with its labels', () => {
    expect(rows.map(row => row[1]).sort()).toEqual([...families.keys()].sort())
    for (const [, name = '', words = ''] of rows) {
      const series = families.get(name)?.series ?? []
      const used = new Set(series.flatMap(each => Object.keys(each.labels)))
      for (const label of ['account', 'marketplace'])
        if (!/alone|no `account`|^ none $/.test(words)) expect(used).toContain(label)
      for (const [, label = ''] of words.replace('no `account`', '').matchAll(/`(\w+)`/g))
        expect(used).toContain(label)
    }
  })

  test('how many series an account is', () => {
    const fine = [...families.values()].flatMap(({ series }) =>
      series.filter(each => each.labels['account'] === 'ebay:fine'),
    )
    expect(fine.length).toBe(Number(/Each account is some (\d+) series/.exec(text)?.[1]))
  })

  test('the rules alert on those', () => {
    const used = [...rules.matchAll(/tokenctl_\w+/g)].map(match => match[0])
    expect(used.length).toBeGreaterThan(8)
    for (const name of used) expect([...families.keys()]).toContain(name)
  })

  test('promtool takes the rules', context => {
    const promtool = findPromtool(why => context.skip(why))
    const file = join(temporaryHome(), 'tokenctl.yml')
    writeFileSync(file, rules)
    const { status, stdout } = spawnSync(promtool, ['check', 'rules', '--lint-fatal', file], {
      encoding: 'utf8',
    })
    expect(stdout).toContain(`SUCCESS: ${rules.split('- alert:').length - 1} rules found`)
    expect(status).toBe(0)
  })
})

test('every form has its row', () => {
  const named = text.slice(0, text.indexOf('## Into a file'))
  for (const format of STATUS_FORMATS) expect(named).toContain(`\`${format}\``)
})

test('its commands parse', async () => {
  const lines = fences
    .filter(fence => fence.language === 'sh')
    .flatMap(fence => fence.body.trim().split('\n'))
  expect(lines.length).toBeGreaterThanOrEqual(3)
  for (const line of lines) {
    let worked = false
    const program = await buildProgram(async () => {
      worked = true
    })
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} })
    const words = line.split(' ').slice(1)
    await program.parseAsync(words, { from: 'user' }).catch((error: unknown) => {
      if (error instanceof CommanderError) expect.unreachable(`${line}: ${error.message}`)
      throw error
    })
    expect(worked).toBe(true)
  }
})
