/** Which hooks a run calls, as tables. */
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { callsAfter, recoveriesOf, recoveryKey } from '../../src/renewal/hooks.ts'
import type { Mark } from '../../src/renewal/notices.ts'
import type { RenewResult } from '../../src/renewal/ports.ts'
import { at, header } from '../support/accounts.ts'

const error = new TokenctlError('MARKETPLACE_DOWN', 'm')
const result = (given: Partial<RenewResult>): RenewResult => ({
  account: { marketplace: 'ebay', name: 'main' },
  outcome: 'renewed',
  error: null,
  header: header(),
  assessment: null,
  ...given,
})

describe('after a run', () => {
  test.each<[string, Partial<RenewResult>, string | undefined]>([
    ['renewed', { outcome: 'renewed' }, 'after'],
    ['proved', { outcome: 'proved' }, 'after'],
    ['another run renewed it, and called its own', { outcome: 'fresh' }, undefined],
    ['nobody was asked', { outcome: 'needs-person' }, undefined],
    ['failed', { outcome: 'failed', error }, 'on-failure'],
    ['not asked yet again', { outcome: 'failed', error, waitsUntil: 1 }, undefined],
    ['its record cannot be read', { outcome: 'failed', error, header: null }, 'on-failure'],
  ])('%s', (_, given, when) => {
    const calls = callsAfter([result(given)])
    expect(calls.map(call => [call.when, call.account])).toEqual(
      when === undefined ? [] : [[when, 'ebay:main']],
    )
  })

  test('calls come in the order of the results', () => {
    const names = ['a', 'b', 'c']
    const calls = callsAfter(names.map(name => result({ account: { marketplace: 'ebay', name } })))
    expect(calls.map(({ account }) => account)).toEqual(['ebay:a', 'ebay:b', 'ebay:c'])
  })
})

describe('a recovery', () => {
  const gap = { from: at('2026-11-01'), to: at('2026-11-09') }
  const mark = (key: string): Mark => ({ event: 'recovery-hook', key, days: null, at: 0, owed: [] })
  const calls = (given: Parameters<typeof header>[0], marks: readonly Mark[] = []) =>
    recoveriesOf([header(given)], [], () => marks).map(({ when, account }) => `${when} ${account}`)

  test('is called for once for each gap', () => {
    expect(calls({ gap })).toEqual(['on-recovery ebay:main'])
    expect(calls({ gap }, [mark('2026-11-09T00:00:00Z')])).toEqual([])
    expect(calls({ gap: { ...gap, to: at('2026-11-20') } }, [mark('2026-11-09T00:00:00Z')])).toHaveLength(1)
    expect(recoveryKey({ gap })).toBe('2026-11-09T00:00:00Z')
  })

  test('is not called for without a gap, nor while the account is refused again', () => {
    expect(calls({ gap: null })).toEqual([])
    expect(calls({ gap, refused: { code: 'GRANT_REJECTED', at: gap.to } })).toEqual([])
  })

  test('has what the run did with the account', () => {
    const renewed = result({})
    expect(recoveriesOf([header({ gap })], [renewed], () => [])[0]?.result).toBe(renewed)
  })
})
