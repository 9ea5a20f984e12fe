/**
 * Marketplaces by manifest, from nothing: the built program against their simulated side. Keys, a consent, what `status`
 * says, two refreshes that replace the token, an answer that is lost, and the way back; then manifests of one's own.
 */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import { PLAIN_VENDORS, type PlainVendor } from '../../src/simulator/vendors.ts'
import { addDuration, toIso } from '../../src/tokens/time.ts'
import { MANIFEST } from '../marketplaces/manifest/samples.ts'
import {
  acting,
  answerOf,
  type Consenting,
  consenting,
  exchanges,
  flat,
  pasteLine,
  pasting,
} from '../support/consenting.ts'
import { entries } from '../support/folder-print.ts'
import { writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { tmuxMissing } from '../support/tmux.ts'

const noTerminal = tmuxMissing()

const LIFE = { etsy: { days: 90 }, allegro: { months: 3 }, mercadolibre: { months: 6 } }

/** The estimated end of a life that begins at a date of `status --json`. */
const endAfter = (vendor: PlainVendor, from: unknown) => ({
  at: toIso(addDuration(Date.parse(String(from)), LIFE[vendor])),
  basis: 'estimated',
})

async function linkOf(world: Consenting): Promise<string> {
  const run = await world.run(['login', world.main, '--link'])
  expect(run).toMatchObject({ status: 0 })
  return run.stdout.trim()
}

/** A consent by a link, agreed to by a seller. */
async function connected(world: Consenting, seller = world.sellers.main) {
  const input = await answerOf(await linkOf(world), seller)
  return await world.run(['login', '--resume', '--stdin'], { input })
}

const generation = ({ simulator, main }: Consenting) =>
  simulator.accounts().find(({ account }) => account === main)?.generation

describe.each(PLAIN_VENDORS)('%s', vendor => {
  test('from nothing to a shop that is kept alive, and back from a lost answer', async () => {
    const world = await consenting(vendor)
    const before = await world.run(['status', vendor])
    expect(before.stdout).toContain(`not connected   tokenctl login ${vendor}`)

    expect(await connected(world)).toMatchObject({ status: 0 })
    const sellerId = world.simulator.sellers().find(({ seller }) => seller === world.sellers.main)?.sellerId
    const row = await world.row()
    expect(row).toMatchObject({ account: world.main, seller: sellerId, state: 'ok' })
    expect(row?.['ends']).toEqual(endAfter(vendor, row?.['consentAt']))
    expect(exchanges(world)).toHaveLength(1)

    const first = generation(world)
    for (const _ of [1, 2]) expect(await world.run(['renew', vendor])).toMatchObject({ status: 0 })
    expect(generation(world)).toBe((first ?? 0) + 2)
    const renewed = await world.row()
    // Each refresh gives as long again: the end moves with it.
    expect(renewed?.['ends']).toEqual(endAfter(vendor, renewed?.['renewedAt']))
    expect(renewed?.['ends']).not.toEqual(row?.['ends'])
    expect(await world.run(['renew', '--due'])).toMatchObject({ status: 0 })
    expect(generation(world)).toBe((first ?? 0) + 2)

    // The token was replaced and the answer never came: only where the old one is still taken does asking again help.
    world.simulator.fault(vendor, 'lost-reply', { times: vendor === 'allegro' ? 1 : 9 })
    const lost = await world.run(['renew', vendor])
    expect(lost.status).toBe(vendor === 'allegro' ? 0 : 4)
    if (vendor === 'allegro') return
    expect(await world.row()).toMatchObject({ state: 'unconfirmed' })
    world.simulator.clearFaults(vendor)
    expect(await world.run(['renew', vendor])).toMatchObject({ status: 3 })
    expect(await world.row()).toMatchObject({
      state: 'rejected',
      next: { reason: expect.stringContaining('an answer was lost') },
    })
    expect((await world.run(['status', vendor])).stdout).toContain(`tokenctl login ${world.main}`)

    expect(await connected(world)).toMatchObject({ status: 0 })
    expect(await world.row()).toMatchObject({ state: 'ok' })
    expect(await world.run(['renew', vendor])).toMatchObject({ status: 0 })
  })

  test('connects no other seller', async () => {
    const world = await consenting(vendor)
    expect(await connected(world)).toMatchObject({ status: 0 })
    const kept = await world.row()
    const other = await connected(world, world.sellers.outlet)
    expect(other.stderr).toContain('SELLER_MISMATCH')
    expect(await world.row()).toEqual(kept)
  })

  test('in the import document goes in and comes alive', async () => {
    const world = await consenting(vendor)
    const home = temporaryHome()
    writeSettings(home, { store: 'file', [`endpoint.${vendor}`]: world.simulator.origin })
    const there = acting(home)
    const input = JSON.stringify(world.simulator.importDocument())
    expect(await there.run(['import'], { input })).toMatchObject({ status: 0 })
    expect(await there.run(['renew', '--all'])).toMatchObject({ status: 0 })
    expect(await there.row(world.main)).toMatchObject({ state: 'ok' })
  })
})

test.skipIf(noTerminal)(
  'etsy at a terminal: the verifier goes from the page to the exchange, and nowhere else',
  async () => {
    const world = await consenting('etsy')
    const { run, address } = await pasting(world)
    const asked = new URL(address).searchParams
    expect(asked.get('code_challenge_method')).toBe('S256')
    pasteLine(run, await answerOf(address, world.sellers.main))
    expect(flat(await run.shows(/is connected by a new consent/))).toContain('etsy:main is connected')
    expect(await run.ended()).toBe(0)
    expect(exchanges(world).map(({ outcome }) => outcome)).toEqual(['exchanged'])
  },
)

test('etsy by a link: the verifier is sealed, and its link is of no use without it', async () => {
  const world = await consenting('etsy')
  const address = await linkOf(world)
  const challenge = new URL(address).searchParams.get('code_challenge') ?? ''
  const answer = await answerOf(address, world.sellers.main)
  // A second link takes the first one's place, and its verifier with it.
  await linkOf(world)
  const stale = await world.run(['login', '--resume', '--stdin'], { input: answer })
  expect(stale.stderr).toContain('This is no answer to the link of etsy:main')
  expect(exchanges(world)).toEqual([])
  for (const path of entries(world.home).filter(each => /asked/.test(each) && /etsy/.test(each)))
    expect(readFileSync(path, 'latin1')).not.toContain(challenge)
})

const OWN = {
  ...MANIFEST,
  // The paths of the simulated Mercado Libre, which is as good a server as any.
  consent: { address: 'https://www.shop.example/v3/connect' },
  token: { ...MANIFEST.token, accessSeconds: 21_600 },
  rotation: 'strict',
  lifetime: { length: '6 months', from: 'refresh' },
  seller: { in: 'answer', member: 'user_id' },
}

/** A home with manifests of its own. */
function homeWith(manifests: Readonly<Record<string, unknown>>, home = temporaryHome()): string {
  mkdirSync(`${home}/marketplaces`, { recursive: true, mode: 0o700 })
  for (const [id, manifest] of Object.entries(manifests)) {
    const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest)
    writeFileSync(`${home}/marketplaces/${id}.json`, text, { mode: 0o600 })
  }
  return home
}

describe('a manifest of one’s own', () => {
  const shopWorld = async () => {
    const world = await consenting('mercadolibre')
    const { origin } = world.simulator
    homeWith({ shop: { ...OWN, consent: { address: 'https://www.shop.example/authorization' } } }, world.home)
    const settings = { 'endpoint.shop': origin, 'endpoint.mercadolibre': origin, store: 'file' }
    writeSettings(world.home, settings)
    const input = JSON.stringify(world.keys)
    expect(await world.run(['app', 'set', 'shop', '--stdin'], { input })).toMatchObject({ status: 0 })
    const link = await world.run(['login', 'shop:main', '--link'])
    const answer = await answerOf(link.stdout.trim(), world.sellers.main)
    expect(await world.run(['login', '--resume', '--stdin'], { input: answer })).toMatchObject({ status: 0 })
    return world
  }
  const spoil = (world: Consenting, change: object) => homeWith({ shop: { ...OWN, ...change } }, world.home)

  test('is a marketplace as any other', async () => {
    const world = await shopWorld()
    expect(await world.row('shop:main')).toMatchObject({ state: 'ok' })
    expect(await world.run(['renew', 'shop'])).toMatchObject({ status: 0 })
    const { stdout } = await world.run(['config', 'list'])
    expect(stdout).toMatch(/lifetime\.shop +6 months/)
    const set = await world.run(['config', 'set', 'window.shop', '2 months'])
    expect(set).toMatchObject({ status: 0 })
    expect((await world.run(['config', 'get', 'window.shop'])).stdout).toBe('2 months\n')
    const unset = await world.run(['config', 'unset', 'window.shop'])
    expect(unset).toMatchObject({ status: 0 })
  })

  test.each<[string, object, RegExp]>([
    [
      'plain http',
      { token: { ...OWN.token, address: 'http://api.shop.example/oauth/token' } },
      /has a wrong "token\.address": it must begin with https:\/\//,
    ],
    [
      'another host for the token',
      { token: { ...OWN.token, address: 'https://api.thief.example/oauth/token' } },
      /it must say `"otherTokenHost": true`/,
    ],
    ['an unknown key', { secret: 'CANARY' }, /has an unknown key, "secret"/],
    ['another id', { id: 'other' }, /has another id than its name says: `other`/],
  ])('that is spoilt by %s fails what names it, and shows the others', async (_, change, says) => {
    const world = await shopWorld()
    expect(await connected(world)).toMatchObject({ status: 0 })
    spoil(world, change)
    const file = `${world.home}/marketplaces/shop.json`
    const listing = await world.run(['status', '--json'])
    const report = statusSchema.parse(JSON.parse(listing.stdout))
    expect(report.accounts.map(({ account }) => account)).toEqual(['mercadolibre:main'])
    expect(listing.status).toBe(2)
    expect(flat(listing.stderr + listing.stdout)).toContain('shop:main')
    for (const words of [
      ['status', 'shop'],
      ['renew', 'shop:main'],
      ['login', 'shop:main', '--link'],
    ]) {
      const run = await world.run(words)
      expect(run.status).toBe(2)
      expect(run.stdout).toBe('')
      expect(flat(run.stderr)).toContain(file)
      expect(flat(run.stderr)).toMatch(says)
      expect(run.stderr).not.toContain('CANARY')
    }
    expect(await world.run(['renew', 'mercadolibre'])).toMatchObject({ status: 0 })
    // Nothing of it was lost: the good manifest is put back, and the account is as it was.
    spoil(world, {})
    expect(await world.row('shop:main')).toMatchObject({ state: 'ok' })
  })

  test('that names another token host by now gets nothing until the keys are entered again', async () => {
    const home = homeWith({ shop: OWN })
    writeSettings(home, { store: 'file' })
    const { run } = acting(home)
    const keys = { clientId: 'id', clientSecret: 'CANARY', redirectUri: 'https://shop.example/back' }
    const set = ['app', 'set', 'shop', '--stdin']
    const entered = await run(set, { input: JSON.stringify(keys) })
    expect(entered).toMatchObject({ status: 0 })
    expect(flat(entered.stderr)).toContain('They are sent to https://api.shop.example, as its manifest says')
    const link = ['login', 'shop:main', '--link']
    expect(await run(link)).toMatchObject({ status: 0 })

    const token = { ...OWN.token, address: 'https://tokens.shop.example/oauth/token' }
    homeWith({ shop: { ...OWN, token } }, home)
    const refused = await run(link)
    expect(refused).toMatchObject({ status: 2, stdout: '' })
    expect(flat(refused.stderr)).toContain('https://tokens.shop.example in place of https://api.shop.example')
    expect(refused.stderr).toContain('ENVIRONMENT_MISMATCH')
    expect(await run(set, { input: JSON.stringify(keys) })).toMatchObject({ status: 0 })
    expect(await run(link)).toMatchObject({ status: 0 })
  })

  test('that is gone leaves its accounts unreadable, never absent; its settings are told', async () => {
    const world = await shopWorld()
    writeSettings(world.home, { store: 'file', 'endpoint.mercadolibre': world.simulator.origin })
    rmSync(`${world.home}/marketplaces/shop.json`)
    const listing = await world.run(['status'])
    expect(flat(listing.stderr)).toContain(
      'The account shop:main cannot be used: The manifest of "shop" is not there any more.',
    )
    expect(listing.status).toBe(2)
    writeSettings(world.home, { store: 'file', 'window.shop': '2 months' })
    const told = await world.run(['status'])
    expect(told.status).toBe(2)
    expect(told.stderr).toContain('"window.shop" is no setting')
    expect(await world.run(['config', 'unset', 'window.shop'])).toMatchObject({ status: 0 })
  })

  test.each<[string, (file: string) => void, RegExp]>([
    ['is gone', file => rmSync(file), /The manifest of "shop" is not there any more/],
    ['is no good', file => writeFileSync(file, '{'), /is not JSON/],
  ])('that %s: its records can be removed, and nothing else be done with them', async (_, spoil, says) => {
    const world = await shopWorld()
    writeSettings(world.home, { store: 'file' })
    spoil(`${world.home}/marketplaces/shop.json`)
    const rename = await world.run(['accounts', 'rename', 'shop:main', 'other'])
    expect(rename.status).toBe(2)
    expect(flat(rename.stderr)).toMatch(/The account shop:main cannot be used: /)
    expect(flat(rename.stderr)).toMatch(says)

    const early = await world.run(['app', 'remove', 'shop', '--yes'])
    expect(early.status).toBe(2)
    expect(flat(early.stderr)).toContain('shop:main could not be renewed without this app')
    for (const words of [
      ['accounts', 'remove', 'shop:other', '--yes'],
      ['app', 'remove', 'shop', 'other', '--yes'],
    ])
      expect(await world.run(words)).toMatchObject({ status: 2 })

    const removed = await world.run(['accounts', 'remove', 'shop:main', '--yes'])
    expect(removed).toMatchObject({ status: 0, stdout: 'shop:main is removed from this machine.\n' })
    expect(await world.run(['app', 'remove', 'shop', '--yes'])).toMatchObject({
      status: 0,
      stdout: 'The keys of shop app default are removed from this machine.\n',
    })
    expect(await world.run(['status'])).toMatchObject({ status: 0 })
    expect(entries(`${world.home}/state/records`).filter(path => path.includes('shop'))).toEqual([])
  })

  test('that others can write is refused, and says how to close it', async () => {
    const home = homeWith({ shop: OWN })
    chmodSync(`${home}/marketplaces/shop.json`, 0o666)
    const run = await acting(home).run(['login', 'shop', '--link'])
    expect(run.status).toBe(2)
    expect(run.stderr).toContain('chmod 600')
  })
})

test('a person without any sees what there was before', async () => {
  const home = temporaryHome()
  writeSettings(home, { store: 'file' })
  const { stdout, status } = await acting(home).run(['status'])
  expect(status).toBe(0)
  expect(stdout.split('\n').filter(line => line !== '')).toEqual([
    'eBay        not connected   tokenctl login ebay',
    'Amazon      not connected   tokenctl set-amazon',
    'AliExpress  not connected   tokenctl login aliexpress',
  ])
})
