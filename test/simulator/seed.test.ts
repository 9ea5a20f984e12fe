import { describe, expect, test } from 'vitest'
import { type SeedApp, seedDefault } from '../../src/simulator/seed.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { DAY } from '../../src/tokens/time.ts'
import { NOW, seed } from './calls.ts'

const simulation = (given = seedDefault(NOW)) =>
  new Simulation({ seed: given, now: () => NOW, random: Math.random, onRequest: () => undefined })

describe('seedDefault', () => {
  test('has an app and living shops on each marketplace, one of them main', () => {
    const { apps, accounts } = seedDefault(NOW)
    const spare = (app: SeedApp) => app.isSpare === true
    expect(apps.filter(app => !spare(app)).map(app => app.marketplace)).toEqual([
      ...['ebay', 'amazon', 'aliexpress'],
    ])
    expect(apps.filter(spare).map(app => app.marketplace)).toEqual(['etsy', 'allegro', 'mercadolibre'])
    expect(accounts.map(({ account }) => account)).toEqual(
      expect.arrayContaining(['ebay:main', 'amazon:main', 'aliexpress:main']),
    )
    for (const { consentAt, consentUntil } of accounts) {
      expect(consentAt).toBeLessThanOrEqual(NOW)
      expect(consentUntil).toBeGreaterThan(NOW)
    }
  })

  test.each([1, 2, 60, 365, 3650])('has consents of %d days when it is told to', days => {
    for (const { consentAt, consentUntil } of seedDefault(NOW, days).accounts) {
      expect(consentUntil - consentAt).toBe(days * DAY)
      expect(consentAt).toBeLessThanOrEqual(NOW)
    }
  })
})

describe('the import document', () => {
  test('has the shape that `tokenctl import` reads', () => {
    const { version, apps, accounts } = simulation().importDocument()
    expect(version).toBe(1)
    expect(apps.map(app => [app.marketplace, Object.keys(app.keys)])).toEqual([
      ['ebay', ['clientId', 'clientSecret', 'ruName']],
      ['amazon', ['clientId', 'clientSecret', 'applicationId']],
      ['aliexpress', ['appKey', 'appSecret']],
    ])
    expect(apps[1]?.secretIssuedAt).toBe('2026-09-23T10:00:00Z')
    expect(accounts.find(each => each.account === 'aliexpress:main')).toEqual({
      account: 'aliexpress:main',
      app: 'default',
      refreshToken: expect.stringMatching(/^5000/),
      consentAt: '2026-11-14T10:00:00Z',
      renewedAt: null,
      endsAt: '2027-01-13T10:00:00Z',
      accessToken: null,
      accessExpiresAt: null,
      region: null,
    })
    expect(accounts.find(each => each.account === 'amazon:europe')).toMatchObject({
      endsAt: null,
      region: 'eu',
    })
  })

  test('leaves the sandbox out, and has the newest token', () => {
    const made = simulation(seed())
    const names = made.importDocument().accounts.map(({ account }) => account)
    expect(names).not.toContain('ebay:sandbox')
    expect(made.importDocument().apps.map(app => app.name)).not.toContain('sandbox')
    const token = made.newAmazonToken('amazon:main')
    const found = made.importDocument().accounts.find(({ account }) => account === 'amazon:main')
    expect(found).toMatchObject({ refreshToken: token, consentAt: '2026-11-22T10:00:00Z' })
  })

  test('tells an end, or not, as the seed says', () => {
    const [first] = seed().accounts
    if (first === undefined) throw new Error('no account')
    const given = { ...seed(), accounts: [{ ...first, endReported: false, renewedAt: NOW - DAY }] }
    const [account] = simulation(given).importDocument().accounts
    expect(account).toMatchObject({ endsAt: null, renewedAt: '2026-11-21T10:00:00Z' })
  })
})
