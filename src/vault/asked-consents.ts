/**
 * Consents that were asked for by a link and not answered yet: the address went to somebody else, and what comes back is
 * pasted later, perhaps into another run. What it is known by, its `state`, is sealed like a token, used once, and ends.
 */
import * as z from 'zod/mini'
import { TokenctlError } from '../errors.ts'
import { Secret } from '../tokens/secret.ts'
import { DAY, type EpochMs } from '../tokens/time.ts'
import { ENVIRONMENTS, type Environment, REGIONS, type Region } from '../tokens/token-set.ts'
import { open, seal } from './envelope.ts'
import { ASKED } from './journal-store.ts'
import { readHead, writeHead } from './record-file.ts'
import { accountKey, date, keySubject } from './records.ts'
import type { SecretStore } from './secret-store.ts'
import { parseStored } from './stored-json.ts'

/** A consent that somebody was asked for. */
export interface AskedConsent {
  /** `ebay:main` */
  readonly account: string
  /** What the answer must bring back unchanged. */
  readonly state: Secret
  readonly app: string | null
  readonly region: Region | null
  readonly environment: Environment
  readonly replacesSeller: boolean
  readonly askedAt: EpochMs
}

/** How long an answer is waited for. Our choice: a client reads mail within a week, and a link left lying about must end. */
export const ASKED_FOR_MS = 7 * DAY

const shape = z.strictObject({
  state: z.codec(z.string(), z.instanceof(Secret), {
    decode: text => new Secret(text),
    encode: value => value.reveal(),
  }),
  app: z.nullable(z.string()),
  region: z.nullable(z.enum(REGIONS)),
  environment: z.enum(ENVIRONMENTS),
  replacesSeller: z.boolean(),
  askedAt: date,
})

export class AskedConsents {
  readonly #store: Pick<SecretStore, 'asked' | 'sealKey'>

  constructor(store: Pick<SecretStore, 'asked' | 'sealKey'>) {
    this.#store = store
  }

  /** Keeps one, in the place of an earlier one of the account: one link at a time. @throws {WRITE_FAILED} and what the key throws */
  async keep({ account, ...asked }: AskedConsent): Promise<void> {
    const key = accountKey(account)
    const { id, bytes } = await this.#store.sealKey()
    const head = writeHead(ASKED, key, { keyId: id, header: {} })
    const sealed = await seal(bytes, head, JSON.stringify(z.encode(shape, asked)))
    const text = await this.#store.asked.begin(key, `${head}\n${sealed}\n`)
    text.close()
  }

  /**
   * Those that are waited for, of the accounts that are wanted. One that has ended is passed over and stays until another
   * takes its place: a clock that was wrong for an hour must not have ended it.
   *
   * @throws {RECORD_UNREADABLE} for one of those, and what the key throws
   */
  async all(
    now: EpochMs,
    isWanted: (account: string) => boolean = () => true,
  ): Promise<readonly AskedConsent[]> {
    const found: AskedConsent[] = []
    for (const key of await this.#store.asked.keys()) {
      const asked = isWanted(keySubject(key)) ? await this.#read(key) : undefined
      if (asked !== undefined && !isOver(asked, now)) found.push(asked)
    }
    return found
  }

  /**
   * Takes one, so that nobody can take it again; false where it was answered, ended or replaced meanwhile. Whoever calls
   * holds the account's lock.
   */
  async take({ account, state }: Pick<AskedConsent, 'account' | 'state'>, now: EpochMs): Promise<boolean> {
    const asked = await this.#read(accountKey(account))
    if (asked === undefined || !asked.state.equals(state) || isOver(asked, now)) return false
    await this.remove(account)
    return true
  }

  /** Removes one: it was answered, or is not wanted any more. Nothing when there is none. */
  async remove(account: string): Promise<void> {
    await this.#store.asked.remove(accountKey(account))
  }

  async #read(key: string): Promise<AskedConsent | undefined> {
    const text = await this.#store.asked.read(key)
    if (text === undefined) return undefined
    const [line = '', sealed = ''] = text.split('\n')
    const account = keySubject(key)
    readHead({ ...ASKED, mend: again(account) }, `The consent that ${account} was asked for`, key, line)
    const { bytes } = await this.#store.sealKey()
    const opened = await open(bytes, line, sealed)
    const asked =
      opened === undefined ? undefined : z.safeDecode(shape, parseStored(opened) as z.input<typeof shape>)
    if (asked?.success === true) return { account, ...asked.data }
    throw new TokenctlError(
      'RECORD_UNREADABLE',
      `The consent that ${account} was asked for cannot be read.`,
      {
        account,
        fix: again(account),
      },
    )
  }
}

/** A clock that went back must not keep a link alive either. */
function isOver({ askedAt }: AskedConsent, now: EpochMs): boolean {
  return Math.abs(now - askedAt) >= ASKED_FOR_MS
}

function again(account: string): string {
  return `Ask anew: \`tokenctl login ${account} --link\` takes its place.`
}
