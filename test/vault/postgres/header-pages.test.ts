import { describe, expect, test } from 'vitest'
import { DAY } from '../../../src/tokens/time.ts'
import { hasPostgres, postgresForFile } from '../../support/postgres.ts'
import { fleetStore } from './stores.ts'

describe.skipIf(!hasPostgres())('pages of headers', () => {
  // As over a table so large that the server thinks every statement worth compiling; it then tells of it.
  const postgres = postgresForFile({
    fsync: false,
    settings: { jit: 'on', jit_above_cost: 0, log_min_messages: 'debug1' },
  })

  test('come without the server compiling their statement first', async () => {
    const { env } = await postgres().createDatabase()
    const store = await fleetStore(env)
    const now = Date.UTC(2026, 10, 23)
    const bounds = { lastBefore: now - DAY, endsBefore: now, consentBefore: now, wantsEnd: true, ahead: now }
    for await (const _ of store.pages({ due: [{ marketplace: 'ebay', ...bounds }] }));
    // That one is compiled, and told of.
    await postgres().sql('SELECT count(*) FROM pg_class')
    const compiled = postgres()
      .log()
      .split('\n')
      .filter(line => line.includes('JIT provider'))
    expect(compiled).not.toEqual([])
    expect(compiled.filter(line => line.includes('tokenctl listing'))).toEqual([])
  })
})
