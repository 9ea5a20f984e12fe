/**
 * One thing broken in a sound home, and what `doctor` must say of it: its own finding, with the mend that belongs to it,
 * and no other; and no secret.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { networkFailure } from '../../src/platform/network-failure.ts'
import { CANARY, type DoctorWorldOptions, diagnose, fineAccount, NOW, soundHome } from './doctor-world.ts'

/** What is broken, and what is said of it. */
export interface Broken {
  readonly home?: Parameters<typeof soundHome>[0]
  readonly spoil?: (home: string) => unknown
  readonly world?: DoctorWorldOptions
  /** The id and state of everything that is not well: `key problem`. */
  readonly found: readonly string[]
  /** The first of them. */
  readonly says: RegExp
  readonly mend: RegExp
  readonly exit: number
  /** Only root can break it. */
  readonly root?: true
}

/** A test for each of these worlds. */
export function testBrokenWorlds(worlds: Readonly<Record<string, Broken>>): void {
  test.each(Object.entries(worlds))('%s: its own finding, with its mend, and no other', async (_, broken) => {
    if (broken.root === true && process.getuid?.() !== 0) return
    const home = await soundHome(broken.home)
    await broken.spoil?.(home)
    const { wrong, exit, text } = await diagnose(home, broken.world)
    expect(wrong.map(({ id, state }) => `${id} ${state}`)).toEqual(broken.found)
    expect(wrong[0]?.what).toMatch(broken.says)
    expect(wrong[0]?.mend ?? '').toMatch(broken.mend)
    expect(exit).toBe(broken.exit)
    expectNoCanary(text)
  })
}

/** Fails where a text holds one of the secrets of these tests, as it is or in base64. */
export function expectNoCanary(text: string): void {
  expect(text).not.toContain('CNRY')
  expect(text).not.toContain(Buffer.from(CANARY).toString('base64').slice(0, 20))
}

export const stateOf = (home: string) => join(home, 'state')
export const recordOf = (home: string) => join(home, 'state', 'records', 'account.ebay.main.sealed')
export const keyOf = (home: string) => join(home, 'vault.key')

/** One account alone, so that it is certain which one is opened and asked about. */
export const ONE_SHOP = { accounts: [fineAccount('ebay:main')] }

/** Marketplaces whose clock is so many milliseconds behind ours. */
export const clockBehind = (ms: number) => async () => ({
  status: 405,
  headers: { date: new Date(NOW - ms).toUTCString() },
  body: '',
})

/** A network that fails like this. */
export const failing = (code: string, syscall?: string) => async () => {
  throw networkFailure(Object.assign(new Error(code), { code, syscall }), 'api.ebay.com')
}
