/**
 * The texts of what is on its way, in a table that every machine sees: the mark before a token is presented, the answer
 * before anybody judges it. A text is begun only while its account's lock is held by the connection that took it, so that a
 * run whose connection was cut presents nothing more; lines are added to its own text by whoever began it, lock or no lock,
 * because an answer that is here must be kept.
 */
import { randomUUID } from 'node:crypto'
import { TokenctlError } from '../../errors.ts'
import type { JournalStore, JournalText } from '../journal-store.ts'
import { keySubject } from '../records.ts'
import { batched } from './batched.ts'
import { sharedBackend } from './greeting.ts'
import type { AdvisoryLocks } from './locks.ts'
import { arrayFrom, asOne } from './long-texts.ts'
import type { Session } from './session.ts'

/** How long nobody else may think an exchange over that has begun: the 30 s that it has, and slack. */
const BUSY_SECONDS = 35
/** The same after a line was added: another try may begin a minute after the first (`renewal/send.ts`). */
const BUSY_AGAIN_SECONDS = 95
/** Texts in one statement: as many as records (`record-table.ts`), and shorter. */
const MOST = 500

interface Begun {
  readonly key: string
  readonly text: string
  readonly mark: string
}

interface Line {
  readonly key: string
  readonly mark: string
  /** Of what was added before, so many characters stay; whatever stands behind them is written over. */
  readonly length: number
  readonly line: string
}

interface Gone {
  readonly key: string
  /** The text that is meant; null: whichever there is, but for one that another run may still be at. */
  readonly mark: string | null
}

/** How long after it was said that an exchange begins it may begin: with the 30 s that it has, it is over in time. */
const SAID_MS = 4000

/** What this run knows of a text under a key. */
interface Known {
  readonly mark: string
  /** Since when others think an exchange of this run over the text open, in milliseconds; null: it is not this run's. */
  saidAt: number | null
}

export class JournalTable implements JournalStore {
  readonly #session: Session
  readonly #locks: AdvisoryLocks
  readonly #part: 'journal' | 'asked'
  readonly #now: () => number
  /** The texts that this run began or read: no other text is removed in their place. */
  readonly #known = new Map<string, Known>()
  readonly #begin: (begun: Begun) => Promise<boolean>
  readonly #add: (line: Line) => Promise<boolean>
  readonly #read: (key: string) => Promise<{ text: string; mark: string } | undefined>
  readonly #remove: (gone: Gone) => Promise<boolean>
  readonly #prolong: (mark: Pick<Begun, 'key' | 'mark'>) => Promise<boolean>

  constructor(part: 'journal' | 'asked', session: Session, locks: AdvisoryLocks, now: () => number) {
    this.#part = part
    this.#now = now
    this.#session = session
    this.#locks = locks
    const { turns } = session
    const byKey = { most: MOST, keyOf: ({ key }: { readonly key: string }) => key, turns }
    this.#begin = batched((all: readonly Begun[]) => this.#beginAll(all), byKey)
    this.#add = batched((all: readonly Line[]) => this.#addAll(all), byKey)
    this.#read = batched((keys: readonly string[]) => this.#readAll(keys), { most: MOST, turns })
    this.#remove = batched((all: readonly Gone[]) => this.#removeAll(all), byKey)
    this.#prolong = batched((all: readonly Pick<Begun, 'key' | 'mark'>[]) => this.#prolongAll(all), byKey)
  }

  async begin(key: string, text: string): Promise<JournalText> {
    const known: Known = { mark: randomUUID(), saidAt: this.#now() }
    const { mark } = known
    await this.#begin({ key, text, mark })
    this.#known.set(key, known)
    let length = 0
    return {
      addLine: async line => {
        const text = `${line}\n`
        if (!(await this.#add({ key, mark, length, line: text }))) throw takenOver(key)
        length += text.length
        // Whoever sees an answer may take the account: before another question it has to be said anew.
        if (known.saidAt !== null && line.startsWith('2')) known.saidAt = Number.NEGATIVE_INFINITY
      },
      close: () => {
        known.saidAt = null
      },
    }
  }

  /**
   * Whether nobody else may be at an account for as long as an exchange of this run takes that begins now: what was said of it
   * in the table is young enough, or it is said anew by the connection that holds the lock. True where this run began nothing.
   * Time passes unseen where a machine sleeps, a request could not be sent at first, or a server answers late.
   *
   * @throws {VAULT_UNAVAILABLE} · {WRITE_FAILED}
   */
  async keepsOthersOut(key: string): Promise<boolean> {
    const known = this.#known.get(key)
    if (known === undefined || known.saidAt === null) return true
    const at = this.#now()
    // A clock that was set back tells nothing.
    if (at >= known.saidAt && at - known.saidAt <= SAID_MS) return true
    if (!(await this.#prolong({ key, mark: known.mark }))) return false
    if (known.saidAt !== null) known.saidAt = at
    return true
  }

  async read(key: string): Promise<string | undefined> {
    const found = await this.#read(key)
    // While this run is at its own text, another's in its place is not this run's to remove.
    if ((this.#known.get(key)?.saidAt ?? null) !== null) return found?.text
    if (found === undefined) this.#known.delete(key)
    else this.#known.set(key, { mark: found.mark, saidAt: null })
    return found?.text
  }

  async keys(): Promise<readonly string[]> {
    const text = 'SELECT key FROM tokenctl.journal WHERE part = $1 ORDER BY key'
    return (await this.#session.rows<{ key: string }>({ text }, [this.#part])).map(({ key }) => key)
  }

  async remove(key: string): Promise<void> {
    await this.#remove({ key, mark: this.#known.get(key)?.mark ?? null })
    this.#known.delete(key)
  }

  async setAside(key: string, why: string): Promise<string> {
    const name = await this.copyAside(key, why)
    await this.remove(key)
    return name
  }

  async copyAside(key: string, why: string): Promise<string> {
    const name = `${this.#part} ${key} ${why} ${randomUUID().slice(0, 8)}`
    const rows = await this.#session.rows<{ name: string }>(
      {
        text: `INSERT INTO tokenctl.journal_aside (name, text)
          SELECT $3, text || lines FROM tokenctl.journal WHERE part = $1 AND key = $2 RETURNING name`,
      },
      [this.#part, key, name],
    )
    if (rows.length === 0) throw new TokenctlError('BUG', `There is no journal of ${key} to set aside.`)
    return `row "${name}" of tokenctl.journal_aside`
  }

  async #beginAll(all: readonly Begun[]): Promise<readonly boolean[]> {
    for (const { key } of all) if (this.#locks.hasLost(keySubject(key))) throw cut(this.#session.place)
    const { rows, epoch, backend } = await this.#session.answered<{ at: number }>(
      {
        name: `begin ${this.#part}`,
        text: `INSERT INTO tokenctl.journal (part, key, text, mark, owner, busy_until)
          SELECT $1, n.key, n.text, n.mark, $2, clock_timestamp() + interval '${BUSY_SECONDS} s'
          FROM unnest($3::text[], ${arrayFrom('$4')}, $5::uuid[]) AS n(key, text, mark)
          ON CONFLICT (part, key) DO UPDATE SET text = excluded.text, lines = '', mark = excluded.mark, owner = excluded.owner,
            is_answered = false, busy_until = excluded.busy_until
          RETURNING pg_backend_pid() AS at`,
      },
      [
        this.#part,
        this.#session.owner,
        all.map(({ key }) => key),
        asOne(all.map(({ text }) => text)),
        all.map(({ mark }) => mark),
      ],
    )
    if (rows.some(({ at }) => at !== backend)) throw sharedBackend(this.#session.place)
    // Between that look and the statement the connection may have been cut, and a new one have answered.
    for (const { key } of all)
      if (this.#locks.isOfOther(keySubject(key), epoch)) throw cut(this.#session.place)
    return all.map(() => true)
  }

  async #addAll(all: readonly Line[]): Promise<readonly boolean[]> {
    const rows = await this.#session.rows<{ mark: string }>(
      {
        name: `add ${this.#part}`,
        text: `UPDATE tokenctl.journal AS j SET lines = left(j.lines, n.length) || n.line,
            is_answered = j.is_answered OR n.line ~ '^2',
            busy_until = clock_timestamp() + interval '${BUSY_AGAIN_SECONDS} s'
          FROM unnest($2::text[], $3::uuid[], $4::int[], ${arrayFrom('$5')}) AS n(key, mark, length, line)
          WHERE j.part = $1 AND j.key = n.key AND j.mark = n.mark RETURNING j.mark`,
      },
      [
        this.#part,
        all.map(({ key }) => key),
        all.map(({ mark }) => mark),
        all.map(({ length }) => length),
        asOne(all.map(({ line }) => line)),
      ],
    )
    const added = new Set(rows.map(({ mark }) => mark))
    return all.map(({ mark }) => added.has(mark))
  }

  async #prolongAll(all: readonly Pick<Begun, 'key' | 'mark'>[]): Promise<readonly boolean[]> {
    const { rows, epoch } = await this.#session.answered<{ mark: string }>(
      {
        name: `prolong ${this.#part}`,
        text: `UPDATE tokenctl.journal AS j
          SET busy_until = greatest(j.busy_until, clock_timestamp() + interval '${BUSY_SECONDS} s'), is_answered = false
          FROM unnest($2::text[], $3::uuid[]) AS n(key, mark)
          WHERE j.part = $1 AND j.key = n.key AND j.mark = n.mark RETURNING j.mark`,
      },
      [this.#part, all.map(({ key }) => key), all.map(({ mark }) => mark)],
    )
    const there = new Set(rows.map(({ mark }) => mark))
    return all.map(({ key, mark }) => there.has(mark) && !this.#locks.isOfOther(keySubject(key), epoch))
  }

  async #readAll(keys: readonly string[]): Promise<readonly ({ text: string; mark: string } | undefined)[]> {
    const rows = await this.#session.rows<{ key: string; text: string; mark: string }>(
      {
        name: `read ${this.#part}`,
        text: 'SELECT key, text || lines AS text, mark FROM tokenctl.journal WHERE part = $1 AND key = ANY($2)',
      },
      [this.#part, keys],
    )
    const byKey = new Map(rows.map(row => [row.key, row]))
    return keys.map(key => byKey.get(key))
  }

  async #removeAll(all: readonly Gone[]): Promise<readonly boolean[]> {
    await this.#session.rows(
      {
        name: `remove ${this.#part}`,
        text: `DELETE FROM tokenctl.journal AS j USING unnest($2::text[], $3::uuid[]) AS n(key, mark)
          WHERE j.part = $1 AND j.key = n.key AND (j.mark = n.mark OR n.mark IS NULL
            AND (j.owner = $4 OR j.part <> 'journal' OR j.is_answered OR j.busy_until <= clock_timestamp()))`,
      },
      [this.#part, all.map(({ key }) => key), all.map(({ mark }) => mark), this.#session.owner],
    )
    return all.map(() => true)
  }
}

function cut(place: string): TokenctlError {
  return new TokenctlError(
    'WRITE_FAILED',
    `The connection to ${place} was cut, and the account's lock with it.`,
    {
      fix: 'Nothing was sent. Run it again.',
    },
  )
}

function takenOver(key: string): TokenctlError {
  return new TokenctlError(
    'WRITE_FAILED',
    `What was on its way for ${keySubject(key)} was taken over by another run.`,
    {
      account: keySubject(key),
      fix: 'It is stored by that run, or by the next.',
    },
  )
}
