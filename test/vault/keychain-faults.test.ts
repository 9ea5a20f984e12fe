import { describe, expect, it } from 'vitest'
import { faultError } from '../../src/vault/keychain-faults.ts'

describe('each fault', () => {
  const faults = [
    'locked',
    'no-bus',
    'no-service',
    'no-keyring',
    'denied',
    'hung',
    'no-binding',
    'ambiguous',
    'too-long',
    'other',
  ] as const

  it('has a message and a mend of its own, and exit 5', () => {
    const errors = faults.map(fault => faultError(fault))
    expect(new Set(errors.map(error => error.message)).size).toBe(faults.length)
    for (const error of errors) expect(error.exit).toBe(5)
  })

  it('is locked, unavailable or unreadable by its kind', () => {
    expect(faultError('locked').code).toBe('VAULT_LOCKED')
    expect(faultError('ambiguous').code).toBe('RECORD_UNREADABLE')
    expect(faultError('too-long').code).toBe('WRITE_FAILED')
    for (const fault of [
      'no-bus',
      'no-service',
      'no-keyring',
      'denied',
      'hung',
      'no-binding',
      'other',
    ] as const)
      expect(faultError(fault).code).toBe('VAULT_UNAVAILABLE')
    expect(faultError('other', 'new words').message).toBe('The keychain failed: new words.')
  })
})
