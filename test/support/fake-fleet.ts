/**
 * A store that many machines share, in memory: pages of headers, claims that lapse, allowances, and a connection that can
 * be cut. Each machine of a test has a vault of its own over it.
 */
import { TokenctlError } from '../../src/errors.ts'
import { mayBeDue } from '../../src/renewal/due-bounds.ts'
import { DAY, MINUTE } from '../../src/tokens/time.ts'
import type { Allowance, Fleet } from '../../src/vault/fleet.ts'
import type { HeaderQuery } from '../../src/vault/header-query.ts'
import { createMemoryStore } from '../../src/vault/memory.ts'
import type { HeaderEntry, SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import type { FakeClock } from './clock.ts'

export interface FakeFleet {
  /** One more machine's vault over the same store. */
  vault(): Vault
  readonly store: SecretStore
  /** By key: until when it is claimed or left alone. */
  readonly claims: Map<string, number>
  /** Refreshes sent today, by app. */
  readonly sent: Map<string, number>
  /** Whether every call fails as one whose connection is cut. */
  isCut: boolean
  /** Whether the next claim is what cuts it. */
  cutsAtClaim: boolean
  /** How far each machine's clock is ahead of the store's, in milliseconds. */
  skewMs: number
}

/** An empty store whose own clock is this one. A second's refreshes are those of the clock's own second. */
export function fakeFleet(clock: FakeClock): FakeFleet {
  const memory = createMemoryStore()
  const claims = new Map<string, number>()
  const sent = new Map<string, number>()
  const seconds = new Map<string, { second: number; count: number }>()
  const held = new Set<string>()

  const reach = () => {
    if (fleet.isCut) throw new TokenctlError('VAULT_UNAVAILABLE', 'The connection was cut.')
  }
  const through = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      reach()
      return await call(...args)
    }
  }

  const shared: Fleet = {
    claim: async (due, limit) => {
      fleet.isCut ||= fleet.cutsAtClaim
      fleet.cutsAtClaim = false
      reach()
      const found: { key: string; last: number }[] = []
      for await (const page of new Vault(store).pages({ kinds: ['account'] })) {
        for (const header of page.accounts) {
          const key = `account/${header.account}`
          if ((claims.get(key) ?? 0) > clock.now() || !due.some(bounds => mayBeDue(header, bounds))) continue
          found.push({ key, last: header.renewedAt ?? header.consentAt ?? 0 })
        }
      }
      const keys = found
        .sort((a, b) => a.last - b.last)
        .slice(0, limit)
        .map(({ key }) => key)
      for (const key of keys) claims.set(key, clock.now() + MINUTE)
      return keys
    },
    defer: through(async (keys, until) => {
      for (const key of keys) {
        if (until === null) claims.delete(key)
        else claims.set(key, until)
      }
    }),
    take: through(async (allowance, wanted) => {
      const granted = Math.min(wanted, leftOf(allowance))
      sent.set(allowance.app, (sent.get(allowance.app) ?? 0) + granted)
      const second = secondOf(allowance.app)
      second.count += granted
      return granted
    }),
    giveBack: through(async (app, count) => {
      sent.set(app, (sent.get(app) ?? 0) - count)
    }),
    sentToday: through(async app => sent.get(app) ?? 0),
    clockSkewMs: through(async () => fleet.skewMs),
  }

  function secondOf(app: string) {
    const second = Math.floor(clock.now() / 1000)
    const known = seconds.get(app)
    if (known?.second === second) return known
    const fresh = { second, count: 0 }
    seconds.set(app, fresh)
    return fresh
  }

  function leftOf({ app, perDay, perSecond, isSpread }: Allowance): number {
    const even = Math.floor(((perDay ?? 0) * (clock.now() % DAY)) / DAY) + Math.ceil((perDay ?? 0) / 288)
    const most = perDay === null ? Number.MAX_SAFE_INTEGER : isSpread ? Math.min(perDay, even) : perDay
    const today = most - (sent.get(app) ?? 0)
    const now = perSecond === null ? Number.MAX_SAFE_INTEGER : Math.ceil(perSecond) - secondOf(app).count
    return Math.max(0, Math.min(today, now))
  }

  async function* pages(query: HeaderQuery): AsyncGenerator<readonly HeaderEntry[], void, undefined> {
    reach()
    yield (await memory.headers()).filter(({ key }) => {
      const kind = key.slice(0, key.indexOf('/'))
      return (
        (query.kinds === undefined || query.kinds.some(each => each === kind)) &&
        (query.keys === undefined || query.keys.includes(key))
      )
    })
  }

  const store: SecretStore = {
    ...memory,
    pages,
    fleet: shared,
    headers: through(memory.headers),
    get: through(memory.get),
    put: through(memory.put),
    delete: through(memory.delete),
    prove: through(memory.prove),
    lock: async (name, work, how) => {
      reach()
      if (how?.waitMs === 0 && held.has(name)) throw new TokenctlError('LOCK_HELD', `${name} is held.`)
      return await memory.lock(name, async () => {
        held.add(name)
        try {
          return await work()
        } finally {
          held.delete(name)
        }
      })
    },
  }
  const fleet: FakeFleet = {
    vault: () => new Vault(store),
    store,
    claims,
    sent,
    isCut: false,
    cutsAtClaim: false,
    skewMs: 0,
  }
  return fleet
}
