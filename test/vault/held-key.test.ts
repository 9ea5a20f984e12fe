import { expect, test } from 'vitest'
import { heldKey } from '../../src/vault/held-key.ts'
import { vaultKey } from '../../src/vault/key-source.ts'

test('is loaded once, whoever asks; after a failure it is loaded anew', async () => {
  const key = await vaultKey(new Uint8Array(32))
  let loads = 0
  const held = heldKey(async () => {
    loads += 1
    if (loads === 1) throw new Error('mistyped')
    return key
  })
  await expect(Promise.all([held(), held()])).rejects.toThrow('mistyped')
  expect(loads).toBe(1)
  expect(await Promise.all([held(), held()])).toEqual([key, key])
  expect(await held()).toBe(key)
  expect(loads).toBe(2)
})
