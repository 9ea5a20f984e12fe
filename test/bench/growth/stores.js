/** Stores filled with so many accounts that are all due, and how to have them so again after they were renewed. */
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { dueAtEbay } from '../fleet/accounts.js'
import { resetHome } from '../fleet/database.js'
import { filledStore } from '../fleet/renewals.js'
import { refreshTokenOf } from '../fleet-server.js'
import { makeHome, NOWHERE } from '../homes.js'
import { BIN, run } from '../processes.js'

/**
 * So many accounts are put into a keychain, as a person would. Each write rewrites the whole keyring: 1,000 take a minute,
 * 10,000 would take hours, and from some thousands on a write is longer than the two seconds that the client waits for it.
 */
export const KEYCHAIN_MOST = 1000

/** @returns `env` of its machine, `reset`, `end`, and whether it holds headers alone, which can be listed and no more */
export async function filledWith(store, count, { folder, postgres, tools }) {
  mkdirSync(folder)
  if (store === 'keychain') return await filledKeychain(count, { folder, tools })
  const { machines, reset } = await filledStore(store, count, { folder, postgres, tools })
  return { count, env: machines[0].env, reset, isHeadersOnly: false, end: async () => {} }
}

async function filledKeychain(count, { folder, tools }) {
  const [kept, home, keyrings] = ['kept', 'home', 'keyrings'].map(name => join(folder, name))
  const isHeadersOnly = count > KEYCHAIN_MOST
  let keyring = await tools.startKeyring('unlocked')
  const environment = () => ({ ...keyring.env, TOKENCTL_HOME: home })
  let seconds
  try {
    seconds = importInto(kept, [...dueAtEbay(count)].slice(0, isHeadersOnly ? 1 : count), keyring)
    if (isHeadersOnly) await tools.writeHeaderFiles(join(kept, 'state', 'headers'), freshAtEbay(count))
    cpSync(keyring.env.XDG_DATA_HOME, keyrings, { recursive: true })
    resetHome(home, kept)
  } catch (error) {
    // A bus that stays would keep this process waiting for it.
    await keyring.stop()
    throw error
  }
  return {
    count,
    isHeadersOnly,
    fill: isHeadersOnly ? undefined : seconds,
    get env() {
      return environment()
    },
    reset: async () => {
      await keyring.stop()
      keyring = await tools.startKeyring('unlocked', { keyrings })
      resetHome(home, kept)
    },
    end: () => keyring.stop(),
  }
}

/** Makes a home whose records rest in a keychain; the seconds that the import took. */
function importInto(home, accounts, { env }) {
  makeHome(home, 'keychain', { env, endpoint: NOWHERE })
  const began = process.hrtime.bigint()
  run([BIN, 'import'], {
    env: { ...env, TOKENCTL_HOME: home },
    input: JSON.stringify(documentOf(accounts)),
  })
  return Number(process.hrtime.bigint() - began) / 1e9
}

const iso = at => new Date(at).toISOString()

function documentOf(accounts) {
  return {
    version: 1,
    accounts: accounts.map(({ account, consentAt, renewedAt, token }) => ({
      account,
      app: 'default',
      refreshToken: token,
      consentAt: iso(consentAt),
      renewedAt: iso(renewedAt),
    })),
  }
}

/** The same accounts as a renewal leaves them. */
function freshAtEbay(count) {
  const now = Date.now()
  return [...dueAtEbay(count)].map(each => ({
    ...each,
    renewedAt: now,
    accessExpiresAt: now + 7_200_000,
    accessToken: ACCESS_TOKEN,
  }))
}

// As long as eBay's.
const ACCESS_TOKEN = refreshTokenOf('x'.repeat(1990))
