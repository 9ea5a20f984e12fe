import { expect, test, vi } from 'vitest'
import type { World } from '../../src/cli/world.ts'
import { type ErrorCode, TokenctlError } from '../../src/errors.ts'
import { throughDoor } from '../../src/library/door-of.ts'

/** A world whose door refuses as often as there are codes. */
function worldThat(...codes: ErrorCode[]) {
  const forgetSettings = vi.fn()
  const read = vi.fn(async () => {
    const code = codes.shift()
    if (code !== undefined) throw new TokenctlError(code, 'It is so.')
    return 'read'
  })
  const world = { openVault: async () => ({ read }), forgetSettings } as unknown as World
  return { world, forgetSettings, read }
}

test.each<[codes: ErrorCode[], outcome: string, forgotten: number]>([
  [[], 'read', 0],
  // The records were moved, and the setting with them, since this program read it.
  [['STORE_IN_USE'], 'read', 1],
  [['STORE_IN_USE', 'STORE_IN_USE'], 'STORE_IN_USE', 1],
  [['VAULT_LOCKED'], 'VAULT_LOCKED', 0],
])('a door that refuses with %j', async (codes, outcome, forgotten) => {
  const { world, forgetSettings } = worldThat(...codes)
  const got = await throughDoor(world, door => door.read() as never).catch(error => error.code)
  expect(got).toBe(outcome)
  expect(forgetSettings).toHaveBeenCalledTimes(forgotten)
})
