/** The journal of a consent as a run leaves it that was killed, in the vault of a scripted run. */
import { Secret } from '../../src/tokens/secret.ts'
import type { ConsentIntent, KeptReply, Undertaking } from '../../src/vault/journal.ts'
import type { Vault } from '../../src/vault/vault.ts'
import { answerText } from './fake-login.ts'

export interface LeftConsent {
  /** `ebay:main` */
  readonly account: string
  /** The record's generation; 0 where there is none. */
  readonly generation: number
  /** When the code was sent. */
  readonly at: number
  /** What was kept of each answer, in order: its members, or its bytes where it broke off. */
  readonly answers: readonly (object | string)[]
  readonly intent?: Partial<ConsentIntent>
  readonly change?: Partial<Undertaking>
}

/** Leaves it. A code that was sent and not answered has no answers. */
export async function leaveConsent(vault: Vault, left: LeftConsent): Promise<void> {
  const { account, generation, at, answers, intent = {}, change = {} } = left
  const open = await (await vault.journal()).present({
    account,
    purpose: 'consent',
    mayReplace: false,
    generation,
    at,
    wasLost: false,
    token: new Secret('the-code'),
    app: 'default',
    region: null,
    environment: 'production',
    consent: { seller: null, replacesSeller: false, ...intent },
    ...change,
  })
  for (const answer of answers) await open.keep(keptReply(answer, at))
  open.close()
}

function keptReply(answer: object | string, sentAt: number): KeptReply {
  const isCut = typeof answer === 'string'
  const body = isCut ? answer : answerText(answer)
  return { sentAt, response: { status: 200, headers: {}, body }, isCut }
}
