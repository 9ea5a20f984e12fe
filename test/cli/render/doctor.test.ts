/** Findings on a screen: state as a word, one line each, the mend below, nothing that a screen could be harmed by. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ok, problem, skipped, warning } from '../../../src/cli/doctor/findings.ts'
import { presentDoctor } from '../../../src/cli/render/doctor.ts'
import type { Finding } from '../../../src/cli/shapes/doctor-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { screen } from './screen.ts'

const LOCKED = new TokenctlError('VAULT_LOCKED', 'The keychain is locked.', { fix: 'Unlock it.' })
const FINDINGS = [
  ok('disk', '74 GiB free.', '/srv'),
  skipped('key', 'Only the file store has a key of its own.'),
  warning('clock', 'The clock is 3 min ahead.', {
    where: 'api.ebay.com',
    mend: '`timedatectl set-ntp true`',
  }),
  problem('vault', LOCKED, { where: '/srv' }),
]
const FIXED = [{ what: 'Closed to others.', where: '/srv/key' }]

async function drawn(findings: readonly Finding[], brief = false, colour = false): Promise<string> {
  const terminal = screen('pipe', colour)
  await presentDoctor({ findings: [...findings], fixed: FIXED }, brief, terminal)
  return terminal.shown.out
}

test('states are words, and stand below each other', async () => {
  expect(await drawn(FINDINGS)).toBe(`fixed    /srv/key: Closed to others.
ok       disk: 74 GiB free (/srv).
skipped  key: Only the file store has a key of its own.
WARNING  clock: The clock is 3 min ahead (api.ebay.com).
         Fix: \`timedatectl set-ntp true\`
PROBLEM  vault: The keychain is locked (/srv). [VAULT_LOCKED]
         Fix: Unlock it.
1 problem, 1 warning.
`)
})

test('in brief, what is well is left out', async () => {
  const text = await drawn(FINDINGS, true)
  expect(text).not.toMatch(/^(ok|skipped)/m)
  expect(text).toMatch(/^PROBLEM {2}vault/m)
  expect(await drawn(FINDINGS.slice(0, 1), true)).toMatch(/All is well\.\n$/)
})

test('colour says nothing that the word does not', async () => {
  const coloured = await drawn(FINDINGS, false, true)
  expect(coloured).toMatch(/\u001b\[/)
  expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(await drawn(FINDINGS))
})

test('whatever a path or an issuer holds, it stays one line and harmless', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(text, text, text, async (what, where, mend) => {
      const out = await drawn([warning('tls', what, { where, mend })])
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      expect(out.split('\n')).toHaveLength(5)
    }),
  )
})
