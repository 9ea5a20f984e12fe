/** What the journal says again of a stored token whose answer was lost. */
import { expect, test } from 'vitest'
import { markLost } from '../../src/renewal/lost-mark.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import { at } from '../support/accounts.ts'
import { leaveConsent } from '../support/left-consent.ts'
import { scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const NAME = 'aliexpress:main'

async function marked(purpose: 'refresh' | 'pending', pending: Secret | null) {
  const run = scriptedRun({ answer: () => new Error('nobody is asked') })
  await run.add(NAME, { generation: 4, region: 'eu' }, { pending })
  // What stood there before goes.
  await leaveConsent(run.vault, { account: NAME, generation: 4, at: NOW, answers: [{ error: 'refused' }] })
  const journal = await run.vault.journal()
  await markLost(journal, { purpose, stored: await run.stored(NAME), at: NOW - DAY })
  const found = await journal.read(NAME)
  return found?.state === 'readable' ? found : undefined
}

test.each([
  ['refresh', 'old-token'],
  ['pending', 'paste'],
] as const)('of the %s token: which it is, and when it was presented', async (purpose, token) => {
  const found = await marked(purpose, new Secret('paste'))
  expect(found).toMatchObject({
    replies: [],
    undertaking: {
      account: NAME,
      purpose,
      mayReplace: true,
      wasLost: true,
      generation: 4,
      at: NOW - DAY,
      app: 'default',
      region: 'eu',
      environment: 'production',
    },
  })
  expect(found?.undertaking.token.reveal()).toBe(token)
})

test('a token that is not there gets none', async () => {
  expect((await marked('pending', null))?.undertaking.purpose).toBe('consent')
})
