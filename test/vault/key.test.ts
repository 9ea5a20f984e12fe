/** The digest under a key: what stores keep beside a token to tell two apart. */
import { expect, test } from 'vitest'
import { KEY_BYTES, keyedFingerprint } from '../../src/vault/key.ts'

const key = new Uint8Array(KEY_BYTES).fill(7)

test('is the same for the same key and text, and another for another of either', async () => {
  const print = await keyedFingerprint(key, 'token')
  // Stored in every record: another digest would make every stored token look like another one.
  expect(print).toBe('d87237313fce6525')
  expect(await keyedFingerprint(key, 'token ')).not.toBe(print)
  expect(await keyedFingerprint(new Uint8Array(KEY_BYTES).fill(8), 'token')).not.toBe(print)
})
