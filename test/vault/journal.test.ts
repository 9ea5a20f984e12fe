import fs from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/tokens/secret.ts'
import { seal } from '../../src/vault/envelope.ts'
import { Journal, type KeptReply, type Undertaking } from '../../src/vault/journal.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { AT, account, MAIN } from './samples.ts'
import { fileStoreIn } from './stores.ts'

const WHAT: Undertaking = {
  account: 'ebay:main',
  purpose: 'refresh',
  mayReplace: true,
  generation: 0,
  at: AT,
  wasLost: false,
  token: new Secret('CANARY-token'),
  app: 'default',
  region: null,
  environment: 'production',
}
const CONSENT: Undertaking = {
  ...WHAT,
  purpose: 'consent',
  mayReplace: false,
  token: new Secret('CANARY-code'),
  consent: { seller: 'CANARY-shop', replacesSeller: true },
}
const reply = (body: string, status = 200): KeptReply => ({
  sentAt: AT + 1,
  response: { status, headers: { 'x-request': '1' }, body },
  isCut: false,
})

let home: string
let store: SecretStore
let journal: Journal
let path: string
beforeEach(() => {
  home = temporaryHome()
  store = fileStoreIn(home)
  journal = new Journal(store)
  path = join(home, 'journal', 'account.ebay.main.journal')
})

const text = () => fs.readFileSync(path, 'utf8')
/** Changes the text of the journal on the disk. */
const change = (edit: (lines: string[]) => string[]) => {
  const lines = text()
    .split('\n')
    .filter(line => line !== '')
  fs.writeFileSync(path, `${edit(lines).join('\n')}\n`)
}

describe('a journal', () => {
  it('is none where nothing was presented', async () => {
    expect(await journal.read('ebay:main')).toBeUndefined()
    expect(fs.existsSync(join(home, 'journal'))).toBe(false)
  })

  it('gives back what was presented, and each answer in its order', async () => {
    const open = await journal.present(WHAT)
    await open.keep(reply('one', 503))
    await open.keep({ ...reply('two'), isCut: true })
    open.close()
    const found = await new Journal(fileStoreIn(home)).read('ebay:main')
    expect(found).toEqual({
      state: 'readable',
      undertaking: WHAT,
      replies: [reply('one', 503), { ...reply('two'), isCut: true }],
      hasLoss: false,
      isTorn: false,
    })
    expect(found?.state === 'readable' && found.undertaking.token.reveal()).toBe('CANARY-token')
  })

  it('says of a question that it had no answer, between others that had one', async () => {
    const open = await journal.present(WHAT)
    await open.keepLoss()
    await open.keep(reply('later', 429))
    open.close()
    const found = await journal.read('ebay:main')
    expect(found).toMatchObject({ hasLoss: true, replies: [reply('later', 429)], isTorn: false })
  })

  it("an answer's status stands in the clear and cannot be changed", async () => {
    const open = await journal.present(WHAT)
    await open.keep(reply('no', 503))
    open.close()
    change(([head = '', intent = '', answer = '']) => [head, intent, answer.replace(/^503/, '200')])
    expect(await journal.read('ebay:main')).toMatchObject({ replies: [], isTorn: true })
  })

  it('holds no secret in the clear', async () => {
    const open = await journal.present(WHAT)
    await open.keep(reply('{"refresh_token":"CANARY-new"}'))
    open.close()
    expect(text()).not.toContain('CANARY')
    expect(text()).not.toContain(Buffer.from('CANARY').toString('base64').slice(0, 7))
    expect(JSON.parse(text().split('\n')[0] ?? '').header).toMatchObject({
      purpose: 'refresh',
      mayReplace: true,
    })
  })

  it.each([
    ['a seller', { seller: 'CANARY-shop', replacesSeller: true }],
    ['no seller', { seller: null, replacesSeller: false }],
  ])(
    'gives back what a consent with %s was asked for with, and nothing of it in the clear',
    async (_, consent) => {
      ;(await journal.present({ ...CONSENT, consent })).close()
      const found = await new Journal(fileStoreIn(home)).read('ebay:main')
      expect(found).toMatchObject({ undertaking: { purpose: 'consent', consent } })
      expect(found?.state === 'readable' && found.undertaking.token.reveal()).toBe('CANARY-code')
      expect(text()).not.toContain('CANARY')
      await journal.move('ebay:main', 'ebay:outlet')
      expect(await journal.read('ebay:outlet')).toMatchObject({
        undertaking: { purpose: 'consent', consent },
      })
    },
  )

  it('of a token says nothing of a consent', async () => {
    ;(await journal.present(WHAT)).close()
    const found = await journal.read('ebay:main')
    expect(found?.state === 'readable' && 'consent' in found.undertaking).toBe(false)
  })

  it('is replaced whole by the next presentation', async () => {
    const first = await journal.present(WHAT)
    await first.keep(reply('one'))
    first.close()
    ;(await journal.present({ ...WHAT, generation: 1 })).close()
    expect(await journal.read('ebay:main')).toMatchObject({ undertaking: { generation: 1 }, replies: [] })
  })

  it('is gone when it is cleared, twice if need be', async () => {
    ;(await journal.present(WHAT)).close()
    await journal.clear('ebay:main')
    await journal.clear('ebay:main')
    expect(await journal.read('ebay:main')).toBeUndefined()
  })

  it('moves with its account', async () => {
    ;(await journal.present(WHAT)).close()
    await journal.move('ebay:main', 'ebay:outlet')
    expect(await journal.read('ebay:main')).toBeUndefined()
    expect(await journal.read('ebay:outlet')).toMatchObject({
      undertaking: { ...WHAT, account: 'ebay:outlet' },
    })
    await journal.move('ebay:none', 'ebay:other')
    expect(await journal.read('ebay:other')).toBeUndefined()
  })

  it('that nobody can read is copied aside, and stays until the next takes its place', async () => {
    ;(await journal.present(WHAT)).close()
    const copy = await journal.copyAside('ebay:main', 'unread')
    expect(copy).toBe(`${path}.unread-1`)
    expect(fs.readFileSync(copy, 'utf8')).toBe(text())
    expect(await journal.read('ebay:main')).toMatchObject({ state: 'readable' })
  })

  it('tells of each change, and of nothing else', async () => {
    const changed: string[] = []
    const told = new Journal(store, key => changed.push(key))
    ;(await told.present(WHAT)).close()
    expect(changed.splice(0)).toEqual(['account/ebay:main'])
    await told.read('ebay:main')
    await told.copyAside('ebay:main', 'unread')
    expect(changed).toEqual([])
    await told.setAside('ebay:main', 'damaged')
    expect(changed.splice(0)).toEqual(['account/ebay:main'])
    await told.clear('ebay:main')
    expect(changed).toEqual(['account/ebay:main'])
  })

  it('is let go by whoever opened it, and by a move', async () => {
    let [opened, closed] = [0, 0]
    const begin: SecretStore['journal']['begin'] = async (key, text) => {
      const begun = await store.journal.begin(key, text)
      opened += 1
      return {
        addLine: line => begun.addLine(line),
        close: () => {
          closed += 1
          begun.close()
        },
      }
    }
    const counting = new Journal({
      journal: { ...store.journal, begin },
      sealKey: () => store.sealKey(),
      fingerprint: text => store.fingerprint(text),
    })
    ;(await counting.present(WHAT)).close()
    expect([opened, closed]).toEqual([1, 1])
    await counting.move('ebay:main', 'ebay:outlet')
    expect([opened, closed]).toEqual([2, 2])
  })

  it('that is no good is set aside under another name, and none is there then', async () => {
    ;(await journal.present(WHAT)).close()
    const aside = await journal.setAside('ebay:main', 'damaged')
    expect(aside).toBe(`${path}.damaged-1`)
    expect(fs.existsSync(aside)).toBe(true)
    expect(await journal.read('ebay:main')).toBeUndefined()
  })

  it('of an answer of 64 KiB is read back too', async () => {
    const open = await journal.present(WHAT)
    await open.keep(reply('\u0001'.repeat(65_536)))
    open.close()
    expect(await journal.read('ebay:main')).toMatchObject({ replies: [{ response: { status: 200 } }] })
  })
})

describe('what is wrong with one', () => {
  beforeEach(async () => {
    const open = await journal.present(WHAT)
    await open.keep(reply('one'))
    await open.keep(reply('two'))
    open.close()
  })

  it('torn anywhere in its last answer: the others count', async () => {
    const [head = '', intent = '', one = '', two = ''] = text()
      .split('\n')
      .filter(line => line !== '')
    for (let length = 1; length < two.length; length += 1) {
      change(() => [head, intent, one, two.slice(0, length)])
      expect(await journal.read('ebay:main'), `cut at ${length}`).toMatchObject({
        state: 'readable',
        replies: [reply('one')],
        isTorn: true,
      })
    }
  })

  it('answers swapped, or one of them missing: no answer is believed out of its place', async () => {
    change(([head = '', intent = '', one = '', two = '']) => [head, intent, two, one])
    expect(await journal.read('ebay:main')).toMatchObject({ replies: [], isTorn: true })
  })

  it.each<[string, (lines: string[]) => string[], string]>([
    ['an empty file', () => [''], 'damaged'],
    ['a head cut short', ([head = '']) => [head.slice(0, 50)], 'damaged'],
    ['no token behind the head', ([head = '']) => [head], 'damaged'],
    ['a token of another text', ([head = '', ...rest]) => [head, 'AAAA', ...rest], 'damaged'],
    ['a head edited by hand', ([head = '', ...rest]) => [head.replace('true', 'false'), ...rest], 'damaged'],
    [
      'a purpose that is none',
      ([head = '', ...rest]) => [head.replace('refresh', 'steal'), ...rest],
      'damaged',
    ],
    [
      'another account',
      ([head = '', ...rest]) => [head.replace('ebay:main', 'ebay:other'), ...rest],
      'damaged',
    ],
    [
      'a newer version',
      ([head = '', ...rest]) => [head.replace('"version":1', '"version":2'), ...rest],
      'newer',
    ],
  ])('%s: %#', async (_, edit, state) => {
    change(edit)
    expect(await journal.read('ebay:main')).toMatchObject({ state })
  })

  it.each(['{"sentAt":1}', '7', 'no JSON'])('sealed by us and no answer: our own fault (%s)', async text => {
    const { bytes } = await store.sealKey()
    const [head = '', intent = ''] = fs.readFileSync(path, 'utf8').split('\n')
    const sealed = await seal(bytes, `${head}\n0 200`, text)
    change(() => [head, intent, `200 ${sealed}`])
    await expect(journal.read('ebay:main')).rejects.toMatchObject({
      code: 'BUG',
      message: 'A journal holds an answer that is none.',
    })
  })

  it('sealed with another key', async () => {
    fs.rmSync(join(home, 'vault.key'))
    const other = new Journal(fileStoreIn(home))
    expect(await other.read('ebay:main')).toMatchObject({ state: 'other-key', head: { at: AT } })
  })

  it('one flipped bit anywhere gives no other text', async () => {
    const whole = fs.readFileSync(path)
    const end = whole.indexOf('\n\n')
    for (let at = 0; at < end; at += 7) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      fs.writeFileSync(path, changed)
      const found = await journal.read('ebay:main')
      if (found?.state === 'readable') {
        expect(found.undertaking.token.reveal()).toBe('CANARY-token')
        expect([[], [reply('one')]], `bit at ${at}`).toContainEqual(found.replies)
      }
    }
  })
})

describe('what the vault says of an account that has one', () => {
  const stored = async (header = {}) => {
    const vault = new Vault(store)
    await vault.saveAccount(account('CANARY-token', header), null)
    return vault
  }
  const seen = async (vault: Vault) => {
    const opened = await vault.account(MAIN)
    const [listed] = (await vault.listing()).accounts
    expect(listed).toEqual(opened?.header)
    return [listed?.presentedAt, listed?.awaitsRecovery]
  }

  it.each<[string, Partial<Undertaking>, readonly KeptReply[], unknown]>([
    ['presented and open', {}, [], [AT, false]],
    ['presented, and the token stays what it is', { mayReplace: false }, [], [null, false]],
    ['answered', {}, [reply('x')], [AT, true]],
    ['answered without a success: what became of the token is open', {}, [reply('x', 503)], [AT, false]],
    ['answered, and the token stays what it is', { mayReplace: false }, [reply('x')], [AT, true]],
    ['of a generation that is past', { generation: 7 }, [reply('x')], [null, false]],
    ['of another token', { token: new Secret('other') }, [reply('x')], [null, false]],
    ['of a token that waits to be proven', { purpose: 'pending' }, [], [null, false]],
    ['of a token that waited and was answered', { purpose: 'pending' }, [reply('x')], [AT, true]],
    ['of a token that was brought', { purpose: 'brought', token: new Secret('new') }, [], [AT, true]],
    ['of a code', CONSENT, [], [null, false]],
    ['of a code that was refused', CONSENT, [reply('x', 400)], [null, false]],
    ['of a code that was answered', CONSENT, [reply('x', 401), reply('x')], [AT, true]],
  ])('%s', async (_, change, replies, expected) => {
    const vault = await stored({ pendingAt: AT })
    const open = await journal.present({ ...WHAT, ...change })
    for (const each of replies) await open.keep(each)
    open.close()
    expect(await seen(vault)).toEqual(expected)
  })

  it('a record never holds what the journal says', async () => {
    const vault = await stored()
    const open = await journal.present(WHAT)
    open.close()
    const opened = await vault.account(MAIN)
    if (opened === undefined) throw new Error('it was stored')
    await vault.saveAccount(opened, opened.revision)
    await journal.clear('ebay:main')
    expect(await seen(vault)).toEqual([null, false])
  })

  it('one that cannot be read, and a token brought for an account that is not there, are warned of', async () => {
    const vault = await stored()
    ;(await journal.present(WHAT)).close()
    change(() => ['{'])
    ;(await journal.present({ ...WHAT, account: 'amazon:new', purpose: 'brought' })).close()
    // It may hold the only copy of a token: nobody may take the account for fine.
    expect(await seen(vault)).toEqual([AT, true])
    expect(vault.warnings()).toEqual([
      'A token that was brought for amazon:new waits to be stored: run `tokenctl set-amazon new` again.',
      'ebay:main: The journal of ebay:main does not begin as a record of tokenctl does. `tokenctl renew ebay:main` moves it aside; nothing is removed.',
    ])
  })

  it('a consent that was answered is warned of where its account is not there yet', async () => {
    const vault = await stored()
    const asked = await journal.present({ ...CONSENT, account: 'ebay:asked' })
    asked.close()
    const answered = await journal.present({ ...CONSENT, account: 'ebay:new' })
    await answered.keep(reply('x'))
    answered.close()
    await vault.listing()
    expect(vault.warnings()).toEqual([
      'A consent for ebay:new waits to be stored: run `tokenctl login ebay:new` again.',
    ])
  })

  it('one of an account that is there is said by its header, and not warned of beside it', async () => {
    const vault = await stored()
    ;(await journal.present({ ...WHAT, purpose: 'brought', token: new Secret('new') })).close()
    expect(await seen(vault)).toEqual([AT, true])
    expect(vault.warnings()).toEqual([])
  })

  it('one that was warned of is warned of no more once it was dealt with', async () => {
    const vault = await stored()
    ;(await journal.present({ ...WHAT, account: 'amazon:new', purpose: 'brought' })).close()
    await vault.listing()
    expect(vault.warnings()).toHaveLength(1)
    await (await vault.journal()).clear('amazon:new')
    expect(vault.warnings()).toEqual([])
  })

  it('a rename takes it along', async () => {
    const vault = await stored()
    ;(await journal.present(WHAT)).close()
    await vault.renameAccount(MAIN, { marketplace: 'ebay', name: 'outlet' })
    const [listed] = (await vault.listing()).accounts
    expect(listed).toMatchObject({ account: 'ebay:outlet', presentedAt: AT })
  })
})
