/** Whose a stored token is, learned before a new consent takes its place; and when it is left unknown. */
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { learnSeller } from '../../src/renewal/learn-seller.ts'
import type { Identify } from '../../src/renewal/seller.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, issued } from '../support/accounts.ts'
import { type Answer, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const EBAY = { marketplace: 'ebay', name: 'main' }
const NAME = 'ebay:main'
const OLD = { consentAt: NOW - 100 * DAY, generation: 4 } as const
const yes = (more = {}) => issued({ accessExpiresAt: NOW + HOUR, ...more })
const refused = new TokenctlError('GRANT_REJECTED', 'No.', { failure: 'permanent' })

function start(answer: Answer, identify: Identify) {
  const run = scriptedRun({ answer })
  return { run, learn: () => learnSeller(EBAY, { ...run.ports, identify }) }
}
const sent = (log: readonly string[]) => log.filter(line => line.startsWith('send')).length

describe('the seller of a stored token', () => {
  test('is told by the identity call, with the access token of a renewal, and is stored', async () => {
    const asked: string[] = []
    const { run, learn } = start(
      () => yes(),
      async (_, app, { accessToken }) => {
        asked.push(`${accessToken.reveal()} ${Object.keys(app).length} keys`)
        return 'shop (a1)'
      },
    )
    await run.add(NAME, OLD)
    expect(await learn()).toMatchObject({ seller: 'shop (a1)', generation: 5 })
    expect((await run.stored(NAME)).header.seller).toBe('shop (a1)')
    expect(asked).toHaveLength(1)
    expect(sent(run.log)).toBe(1)
  })

  test('is told by the renewal itself where the marketplace names it', async () => {
    const { run, learn } = start(
      () => yes({ seller: '4711' }),
      () => expect.unreachable('it is known by then'),
    )
    await run.add(NAME, OLD)
    expect(await learn()).toMatchObject({ seller: '4711' })
  })

  test.each<[string, Partial<AccountHeader>]>([
    ['that is known', { seller: 'shop (a1)' }],
    ['of a token that was refused', { refused: { code: 'GRANT_REJECTED', at: NOW - DAY } }],
    ['of a token that may be spent', { presentedAt: NOW - DAY }],
    ['of an account that is followed by its dates', { holdsToken: false }],
  ])('%s is not asked for', async (_, given) => {
    const run = scriptedRun({
      answer: () => expect.unreachable('nobody is asked'),
      adapter: { rotation: 'unknown' },
    })
    const header = await run.add(NAME, { ...OLD, ...given })
    const identify = () => expect.unreachable('nobody is asked')
    expect(await learnSeller(EBAY, { ...run.ports, identify })).toMatchObject({ seller: header.seller })
    expect(sent(run.log)).toBe(0)
  })

  test('of an account that is not there is nothing', async () => {
    const { learn } = start(
      () => yes(),
      async () => 'a',
    )
    expect(await learn()).toBeUndefined()
  })

  test.each<[string, Answer, Identify]>([
    ['the token is dead', () => refused, async () => 'never'],
    ['it will not be told', () => yes(), async () => undefined],
    [
      'it is not told now',
      () => yes(),
      async () => {
        throw new TokenctlError('MARKETPLACE_DOWN', 'Down.', { failure: 'transient' })
      },
    ],
  ])('stays unknown where %s, and nothing fails', async (_, answer, identify) => {
    const { run, learn } = start(answer, identify)
    await run.add(NAME, OLD)
    expect(await learn()).toMatchObject({ seller: null })
    expect((await run.stored(NAME)).secrets.refreshToken?.reveal()).toBe('old-token')
  })
})
