import { expect, test } from 'vitest'
import { held } from '../../src/vault/held.ts'
import { vaultKey } from '../../src/vault/key-source.ts'

test('is loaded once, whoever asks; after a failure it is loaded anew', async () => {
  const key = await vaultKey(new Uint8Array(32))
  let loads = 0
  const load = held(async () => {
    loads += 1
    if (loads === 1) throw new Error('mistyped')
    return key
  })
  await expect(Promise.all([load(), load()])).rejects.toThrow('mistyped')
  expect(loads).toBe(1)
  expect(await Promise.all([load(), load()])).toEqual([key, key])
  expect(await load()).toBe(key)
  expect(loads).toBe(2)
})
