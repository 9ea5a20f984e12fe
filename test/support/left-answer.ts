/** What a killed renewal leaves in the journal of a test's vault: its token on its way, or the answer that was not stored. */
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import type { OpenJournal } from '../../src/vault/journal.ts'
import type { Vault } from '../../src/vault/vault.ts'
import { NOW } from './world.ts'

/** Opens the journal of an account of AliExpress as a renewal does before it sends; whoever calls closes it. */
export async function presented(vault: Vault, account: string, token: string): Promise<OpenJournal> {
  return await (await vault.journal()).present({
    account,
    purpose: 'refresh',
    mayReplace: true,
    generation: 0,
    at: NOW - DAY,
    wasLost: false,
    token: new Secret(token),
    app: 'default',
    region: null,
    environment: 'production',
  })
}

/** Leaves what a renewal leaves that was killed when its answer was in, and before that was stored. */
export async function leaveAnswer(vault: Vault, account: string, token: string): Promise<void> {
  const open = await presented(vault, account, token)
  const body = JSON.stringify({
    code: '0',
    access_token: 'new-access',
    refresh_token: 'new-token',
    expires_in: 864000,
    refresh_expires_in: 5184000,
    expire_time: NOW + 9 * DAY,
    refresh_token_valid_time: NOW + 59 * DAY,
  })
  await open.keep({ sentAt: NOW - DAY, response: { status: 200, headers: {}, body }, isCut: false })
  open.close()
}
