/**
 * Consents that were asked for by a link and not answered yet: the address went to somebody else, and what comes back is
 * pasted later, perhaps into another run. What it is known by, its `state`, is sealed like a token, used once, and ends.
 * The stores of one machine have one place for them. While records are moved between two of these each is sealed twice, under
 * the keys of both, so that it opens at every moment in the store that is in use. A store of many machines has its own place.
 */
import * as z from 'zod/mini'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import { Secret } from '../tokens/secret.ts'
import { DAY, type EpochMs } from '../tokens/time.ts'
import { ENVIRONMENTS, type Environment, REGIONS, type Region } from '../tokens/token-set.ts'
import { open, seal } from './envelope.ts'
import { linesOf } from './journal-head.ts'
import { ASKED } from './journal-store.ts'
import type { VaultKey } from './key-source.ts'
import { readHead, writeHead } from './record-file.ts'
import { date } from './record-shapes.ts'
import { accountKey, keySubject } from './records.ts'
import type { SecretStore } from './secret-store.ts'
import { parseStored } from './stored-json.ts'

/** A consent that somebody was asked for. */
export interface AskedConsent {
  /** `ebay:main` */
  readonly account: string
  /** What the answer must bring back unchanged. */
  readonly state: Secret
  /** What the exchange of its code must bring, where the marketplace wants it (RFC 7636). */
  readonly verifier?: Secret | undefined
  readonly app: string | null
  readonly region: Region | null
  readonly environment: Environment
  readonly replacesSeller: boolean
  readonly askedAt: EpochMs
}

/** How long an answer is waited for. Our choice: a client reads mail within a week, and a link left lying about must end. */
export const ASKED_FOR_MS = 7 * DAY

const secret = z.codec(z.string(), z.instanceof(Secret), {
  decode: text => new Secret(text),
  encode: value => value.reveal(),
})

const shape = z.strictObject({
  state: secret,
  verifier: z.optional(secret),
  app: z.nullable(z.string()),
  region: z.nullable(z.enum(REGIONS)),
  environment: z.enum(ENVIRONMENTS),
  replacesSeller: z.boolean(),
  askedAt: date,
})

/** One sealing: its first line, which says in the clear under which key, and the sealed one. */
type Sealing = readonly [head: string, sealed: string]

/** While a link is kept or sealed anew nobody else does either. Taken inside an account's lock, never around one. */
const LOCK = 'asked'

export class AskedConsents {
  readonly #store: Pick<SecretStore, 'asked' | 'sealKey' | 'lock'>

  constructor(store: Pick<SecretStore, 'asked' | 'sealKey' | 'lock'>) {
    this.#store = store
  }

  /** Keeps one, in the place of an earlier one of the account: one link at a time. @throws {WRITE_FAILED} and what the key throws */
  async keep({ account, ...asked }: AskedConsent): Promise<void> {
    await this.#store.lock(LOCK, () => this.#write({ account, ...asked }, []))
  }

  /**
   * Seals each a second time, under the key of the store that the records are being moved to. Whoever calls has shut out
   * everybody else.
   *
   * @returns the accounts of those that cannot be read, which stay as they are
   */
  async sealAlsoFor(other: Pick<SecretStore, 'sealKey'>): Promise<readonly string[]> {
    return await this.#rewrite(async () => [await other.sealKey()])
  }

  /** Drops the sealings under other keys than this store's own. @returns as `sealAlsoFor` */
  async dropOtherSealings(): Promise<readonly string[]> {
    return await this.#rewrite(async () => [])
  }

  /**
   * Copies each to where another store keeps its own, sealed under that one's key; what was there besides is an old copy, and
   * goes. Whoever calls has shut out everybody else.
   *
   * @returns as `sealAlsoFor`
   */
  async carryTo(other: Pick<SecretStore, 'asked' | 'sealKey' | 'lock'>): Promise<readonly string[]> {
    const there = new AskedConsents(other)
    // What is wrong with that key is no fault of a link's.
    await other.sealKey()
    const { carried, unreadable } = await this.#eachReadable(asked => there.#write(asked, []))
    for (const key of await other.asked.keys()) if (!carried.has(key)) await other.asked.remove(key)
    return unreadable
  }

  /** Seals each under another key, and no longer under this one. @returns as `sealAlsoFor` */
  async sealAnew(key: VaultKey): Promise<readonly string[]> {
    const { asked, lock } = this.#store
    const under = new AskedConsents({ asked, lock, sealKey: async () => key })
    return (await this.#eachReadable(each => under.#write(each, []))).unreadable
  }

  /** Removes those that can be read. @returns as `sealAlsoFor` */
  async removeAll(): Promise<readonly string[]> {
    return (await this.#eachReadable(({ account }) => this.remove(account))).unreadable
  }

  async #rewrite(moreKeys: () => Promise<readonly VaultKey[]>): Promise<readonly string[]> {
    const { unreadable } = await this.#eachReadable(async asked => this.#write(asked, await moreKeys()))
    return unreadable
  }

  async #eachReadable(
    work: (asked: AskedConsent) => Promise<void>,
  ): Promise<{ readonly carried: ReadonlySet<string>; readonly unreadable: readonly string[] }> {
    const carried = new Set<string>()
    const unreadable: string[] = []
    for (const key of await this.#store.asked.keys()) {
      try {
        const asked = await this.#read(key)
        if (asked === undefined) continue
        await work(asked)
        carried.add(key)
      } catch (error) {
        // It can be asked for anew; nothing that cannot be read is written over (I5).
        if (!isTokenctlError(error) || error.code !== 'RECORD_UNREADABLE') throw error
        unreadable.push(keySubject(key))
      }
    }
    return { carried, unreadable }
  }

  async #write({ account, ...asked }: AskedConsent, moreKeys: readonly VaultKey[]): Promise<void> {
    const key = accountKey(account)
    const sealings: string[] = []
    for (const { id, bytes } of [await this.#store.sealKey(), ...moreKeys]) {
      const head = writeHead(ASKED, key, { keyId: id, header: {} })
      sealings.push(`${head}\n${await seal(bytes, head, JSON.stringify(z.encode(shape, asked)))}\n`)
    }
    const text = await this.#store.asked.begin(key, sealings.join(''))
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
    const account = keySubject(key)
    const { id, bytes } = await this.#store.sealKey()
    const sealings = sealingsOf(text)
    const keyIdOf = ([head]: Sealing) =>
      readHead({ ...ASKED, mend: again(account) }, `The consent that ${account} was asked for`, key, head)
        .keyId
    const [line, sealed] = sealings.find(sealing => keyIdOf(sealing) === id) ?? sealings[0] ?? ['', '']
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

function sealingsOf(text: string): readonly Sealing[] {
  const lines = linesOf(text)
  return lines.flatMap((head, at): Sealing[] => (at % 2 === 0 ? [[head, lines[at + 1] ?? '']] : []))
}

/** A clock that went back must not keep a link alive either. */
function isOver({ askedAt }: AskedConsent, now: EpochMs): boolean {
  return Math.abs(now - askedAt) >= ASKED_FOR_MS
}

function again(account: string): string {
  return `Ask anew: \`tokenctl login ${account} --link\` takes its place.`
}
