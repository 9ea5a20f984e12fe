/** Homes for the benches, filled with made-up tokens by the commands that a person types. */
import { mkdirSync } from 'node:fs'
import { BIN, run } from './processes.js'

const DAY_MS = 86_400_000

const typeHere = (words, options) => run([BIN, ...words], options)

/** An address at which nobody answers, for a home whose marketplace is not there yet. */
export const NOWHERE = 'http://127.0.0.1:1'

/**
 * A home with the apps of three marketplaces and so many accounts, below a store that is reached with `env`; eBay is at
 * `endpoint`. `dates` are what an import may say of each account beside its token, `type` runs the program that is to make it.
 */
export function makeHome(
  home,
  store,
  { count = 0, dates = consentOf, endpoint, env = {}, type = typeHere } = {},
) {
  mkdirSync(home, { mode: 0o700, recursive: true })
  const here = { home, env }
  type(['config', 'set', 'store', store], here)
  if (endpoint !== undefined) type(['config', 'set', 'endpoint.ebay', endpoint], here)
  type(['import'], { ...here, input: JSON.stringify(importDocument(count, dates)) })
  return home
}

/** A machine that has a home: with what to start the program there. */
export const machineAt = (home, env = {}) => ({ home, env: { ...env, TOKENCTL_HOME: home } })

/** So many days ago, or ahead. */
export const ago = days => new Date(Date.now() - days * DAY_MS).toISOString()

const consentOf = index => ({ consentAt: ago(index % 120) })

function importDocument(count, dates) {
  const letters = (length, seed) =>
    seed
      .toString(36)
      .padStart(8, '0')
      .repeat(Math.ceil(length / 8))
      .slice(0, length)
  const kinds = [
    seed => ({ account: `ebay:shop-${seed}`, refreshToken: `v^1.1#i^1#p^3#r^1#${letters(80, seed)}==` }),
    seed => ({ account: `amazon:shop-${seed}`, refreshToken: `Atzr|${letters(348, seed)}`, region: 'eu' }),
    seed => ({ account: `aliexpress:shop-${seed}`, refreshToken: `50001600030${letters(49, seed)}` }),
  ]
  return {
    version: 1,
    apps: [
      { marketplace: 'ebay', name: 'default', keys: { clientId: 'a-b-c', clientSecret: 'PRD-made-up' } },
      {
        marketplace: 'amazon',
        name: 'default',
        keys: { clientId: 'amzn1.application-oa2-client.made-up', clientSecret: 'amzn1.oa2-cs.v1.made-up' },
        secretIssuedAt: ago(20),
      },
      { marketplace: 'aliexpress', name: 'default', keys: { appKey: '500102', appSecret: 'made-up' } },
    ],
    accounts: Array.from({ length: count }, (_, index) => ({
      app: 'default',
      ...dates(index),
      ...kinds[index % 3](index + 1),
    })),
  }
}
