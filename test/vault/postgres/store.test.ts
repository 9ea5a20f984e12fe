import { describe } from 'vitest'
import { testSecretStore } from '../../contracts/secret-store.ts'
import { postgresForFile } from '../../support/postgres.ts'
import { fleetStore } from './stores.ts'

describe('the store of a fleet', () => {
  const postgres = postgresForFile({ fsync: false })

  testSecretStore('PostgreSQL', async () => {
    const { env } = await postgres().createDatabase()
    return { store: await fleetStore(env), reopen: () => fleetStore(env) }
  })
})
