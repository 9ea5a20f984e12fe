/** Two secrets of one app: which may be taken when, and until when the one before the newest is. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type App,
  type AppKeys,
  keysInForce,
  overlapUntil,
  rotatedApp,
  sameKeys,
} from '../../src/tokens/app-keys.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, toIso } from '../../src/tokens/time.ts'
import { at } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const keys = (secret: string): AppKeys => ({ clientId: new Secret('id'), clientSecret: new Secret(secret) })

function app(secret: string, previous: string | null = null, previousEndsAt: number | null = null): App {
  const known = { isPublic: true, secretIssuedAt: NOW - DAY, previousEndsAt }
  return {
    header: { marketplace: 'amazon', name: 'default', environment: 'production', ...known },
    keys: keys(secret),
    previous: previous === null ? null : keys(previous),
  }
}

const secrets = (all: readonly AppKeys[]) => all.map(each => each['clientSecret']?.reveal())

describe('the keys in force', () => {
  test.each<[string, App, string[], number | null]>([
    ['without a rotation', app('new'), ['new'], null],
    ['within the overlap', app('new', 'old', NOW + 1), ['new', 'old'], NOW + 1],
    ['at its end', app('new', 'old', NOW), ['new'], null],
    ['after it', app('new', 'old', NOW - DAY), ['new'], null],
    ['with an end and nothing that ends', app('new', null, NOW + 1), ['new'], NOW + 1],
    ['with a secret and no end', app('new', 'old', null), ['new'], null],
  ])('%s', (_, given, wanted, until) => {
    expect(secrets(keysInForce(given, NOW))).toEqual(wanted)
    expect(overlapUntil(given.header, NOW)).toBe(until)
  })
})

describe('a rotation', () => {
  test.each([
    ['within a month', '2026-11-22T10:00:00Z', '2026-11-29T10:00:00Z'],
    ['over the end of a month', '2026-11-28', '2026-12-05T00:00:00Z'],
    ['over the end of a year', '2026-12-27T23:59:59Z', '2027-01-03T23:59:59Z'],
    ['over the leap day', '2028-02-25T12:00:00Z', '2028-03-03T12:00:00Z'],
    ['over the end of February without one', '2027-02-25T12:00:00Z', '2027-03-04T12:00:00Z'],
    ['over the begin of summer time in Europe', '2026-03-25T00:30:00Z', '2026-04-01T00:30:00Z'],
    ['over its end', '2026-10-22T23:30:00Z', '2026-10-29T23:30:00Z'],
    ['over its begin in America', '2026-03-05T07:00:00Z', '2026-03-12T07:00:00Z'],
    ["as Amazon's own example has it", '2024-01-10', '2024-01-17T00:00:00Z'],
  ])('ends the old secret seven days after the new one was issued: %s', (_, issued, ends) => {
    const issuedAt = at(issued)
    const next = rotatedApp(app('old'), keys('new'), { issuedAt, overlapDays: 7 }, issuedAt)
    expect(toIso(next.header.previousEndsAt ?? 0)).toBe(ends)
    expect(next.header.secretIssuedAt).toBe(issuedAt)
    expect(secrets(keysInForce(next, issuedAt))).toEqual(['new', 'old'])
    expect(secrets(keysInForce(next, at(ends) - 1))).toEqual(['new', 'old'])
    expect(secrets(keysInForce(next, at(ends)))).toEqual(['new'])
  })

  test('of longer ago than the old one lives keeps none', () => {
    const next = rotatedApp(app('old'), keys('new'), { issuedAt: NOW - 7 * DAY, overlapDays: 7 }, NOW)
    expect(next).toMatchObject({ previous: null, header: { previousEndsAt: null } })
  })

  test('ends the old one when the marketplace said so, whatever its days', () => {
    const given = { issuedAt: NOW, overlapDays: 7, oldEndsAt: NOW + 2 * DAY }
    expect(rotatedApp(app('old'), keys('new'), given, NOW).header.previousEndsAt).toBe(NOW + 2 * DAY)
    const over = rotatedApp(app('old'), keys('new'), { ...given, oldEndsAt: NOW }, NOW)
    expect(over).toMatchObject({ previous: null, header: { previousEndsAt: null } })
  })

  test('of one that was rotated before lets go of the one before that', () => {
    const next = rotatedApp(
      app('second', 'first', NOW + DAY),
      keys('third'),
      {
        issuedAt: NOW,
        overlapDays: 7,
      },
      NOW,
    )
    expect(secrets(keysInForce(next, NOW))).toEqual(['third', 'second'])
    expect(next.header.previousEndsAt).toBe(NOW + 7 * DAY)
  })

  test('has the newest first and never more than two, for whatever days and times', () => {
    const time = fc.integer({ min: NOW - 400 * DAY, max: NOW + 400 * DAY })
    fc.assert(
      fc.property(time, time, fc.integer({ min: 0, max: 30 }), (issuedAt, now, overlapDays) => {
        const next = rotatedApp(app('old', 'older', now + DAY), keys('new'), { issuedAt, overlapDays }, now)
        const isOver = now >= issuedAt + overlapDays * DAY
        expect(secrets(keysInForce(next, now))).toEqual(isOver ? ['new'] : ['new', 'old'])
        expect(next.previous === null).toBe(next.header.previousEndsAt === null)
      }),
    )
  })
})

describe('keys are the same', () => {
  test.each<[AppKeys, AppKeys, boolean]>([
    [keys('a'), keys('a'), true],
    [keys('a'), keys('b'), false],
    [keys('a'), { ...keys('a'), applicationId: new Secret('x') }, false],
    [{}, {}, true],
  ])('%#', (one, other, same) => {
    expect(sameKeys(one, other)).toBe(same)
    expect(sameKeys(other, one)).toBe(same)
  })
})
