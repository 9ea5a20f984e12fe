/** `tokenctl notices` and `tokenctl hooks`: what is stored, what is shown, what is refused. */
import { describe, expect, test } from 'vitest'
import { hooksAddRun, hooksListRun, hooksRemoveRun } from '../../../src/cli/commands/hooks.ts'
import {
  noticesAddRun,
  noticesListRun,
  noticesRemoveRun,
  noticesTestRun,
} from '../../../src/cli/commands/notices.ts'
import { channelsSchema } from '../../../src/cli/shapes/channels-shape.ts'
import { hooksSchema } from '../../../src/cli/shapes/hooks-shape.ts'
import type { World } from '../../../src/cli/world.ts'
import type { HttpRequest } from '../../../src/platform/http.ts'
import { noticeWorld } from '../../support/notice-world.ts'
import { type TestWorldOptions, testWorld } from '../../support/world.ts'

const ADDRESS = 'https://hooks.slack.com/services/CNRY-0123456789'

/** A world that can also run programs, none of which is. */
async function start(options: TestWorldOptions = {}, more: Partial<World> = {}) {
  const base = await testWorld(options)
  const parts: Partial<World> = {
    programs: async () => ({ problem: () => undefined }) as never,
    env: {},
    ...more,
  }
  const world = new Proxy(base, {
    get: (target, name) => (name in parts ? parts[name as keyof World] : Reflect.get(target, name)),
  })
  const shown = () => base.terminal.shown
  return { base, world, shown }
}

const webhook = { name: 'chat', program: [], webhook: true, stdin: true }

describe('a channel', () => {
  test('is added, listed by its host, and its address is in the vault alone', async () => {
    const { base, world, shown } = await start({ stdin: ADDRESS })
    expect(await noticesAddRun(webhook, world)).toBe(0)
    expect(await noticesListRun({}, world)).toBe(0)
    expect(await noticesListRun({ json: true }, world)).toBe(0)
    const [line = '', ...json] = shown().out.split('\n')
    expect(line).toBe('chat: a webhook at hooks.slack.com, in the words of slack')
    expect(channelsSchema.parse(JSON.parse(json.join('\n')))).toMatchObject({
      channels: [{ name: 'chat', kind: 'webhook', to: 'hooks.slack.com', format: 'slack' }],
    })
    expect(shown().err).toMatch(/^chat is added: .* Try it: `tokenctl notices test chat`/)
    expect(shown().out + shown().err).not.toContain('CNRY')
    expect((await (await base.vault.channels()).get('chat'))?.secret?.reveal()).toBe(ADDRESS)
  })

  test('of a name that is there is replaced only where that is said', async () => {
    const { base, world } = await start({ stdin: ADDRESS })
    await noticesAddRun(webhook, world)
    await expect(noticesAddRun({ name: 'chat', program: [], desktop: true }, world)).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('--replace'),
    })
    await noticesAddRun({ name: 'chat', program: [], desktop: true, replace: true }, world)
    expect(await (await base.vault.channels()).get('chat')).toMatchObject({
      secret: null,
      revision: 2,
      header: { way: { kind: 'desktop' } },
    })
  })

  test('is removed with its address', async () => {
    const { base, world } = await start({ stdin: ADDRESS })
    await noticesAddRun(webhook, world)
    expect(await noticesRemoveRun({ name: 'chat' }, world)).toBe(0)
    expect((await base.vault.listing()).channels).toEqual([])
    await expect(noticesRemoveRun({ name: 'chat' }, world)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(noticesTestRun({ name: 'chat' }, world)).rejects.toMatchObject({ code: 'USAGE' })
  })

  test.each(['../x', 'Chat', '', 'a b', 'x'.repeat(64)])('cannot be called %j', async name => {
    const { world } = await start()
    await expect(noticesAddRun({ ...webhook, name }, world)).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('is tried, and says whether it took it', async () => {
    const seen: HttpRequest[] = []
    let status = 200
    const http = async (request: HttpRequest) => {
      seen.push(request)
      return { status, headers: {}, body: 'CNRY' }
    }
    const { world, shown } = await start({ stdin: ADDRESS, http })
    await noticesAddRun(webhook, world)
    expect(await noticesTestRun({ name: 'chat' }, world)).toBe(0)
    expect(seen).toMatchObject([{ method: 'POST', url: ADDRESS }])
    status = 404
    await expect(noticesTestRun({ name: 'chat' }, world)).rejects.toMatchObject({
      code: 'NOTICE_FAILED',
      exit: 4,
    })
    expect(shown().out + shown().err).not.toContain('CNRY')
  })

  test('none there: it is said, and JSON is an empty list', async () => {
    const { world, shown } = await start()
    expect(await noticesListRun({}, world)).toBe(0)
    expect(shown()).toMatchObject({ out: '', err: expect.stringMatching(/Notices go nowhere yet/) })
    await noticesListRun({ json: true }, world)
    expect(JSON.parse(shown().out)).toEqual({ version: 1, channels: [] })
  })
})

describe('hooks', () => {
  function hookWorld(problem?: string) {
    let text: string | undefined
    const made = noticeWorld('2026-11-22T06:00:00Z', undefined, { hookText: () => text })
    const { files } = made.world
    const world = {
      ...made.world,
      files: { ...files, writeDurably: (_: string, data: string) => (text = data) },
      programs: async () => ({ problem: () => problem }),
    } as unknown as World
    const shown = () => (made.world.terminal as unknown as { shown: { out: string; err: string } }).shown
    return { world, shown, text: () => text }
  }

  test('are added with numbers of their own, listed, and removed by them', async () => {
    const { world, shown } = hookWorld()
    await hooksAddRun({ when: 'after', program: ['/bin/a', '--x', "it's"] }, world)
    await hooksAddRun({ when: 'before', program: ['/bin/b'], timeout: '5m' }, world)
    await hooksRemoveRun({ id: '1' }, world)
    await hooksAddRun({ when: 'on-failure', program: ['/bin/c'], timeout: '90' }, world)
    await hooksListRun({}, world)
    expect(shown().out).toBe('2  before  /bin/b  (300 s)\n3  on-failure  /bin/c  (90 s)\n')
    await expect(hooksRemoveRun({ id: '1' }, world)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(hooksRemoveRun({ id: 'x' }, world)).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('that would not be run are told in a list', async () => {
    const { world, shown } = hookWorld()
    await hooksAddRun({ when: 'after', program: ['/bin/a', 'a b'] }, world)
    const broken = {
      ...world,
      programs: async () => ({ problem: () => 'There is no program /bin/a.' }),
    } as never
    await hooksListRun({}, broken)
    expect(shown().out).toBe("1  after  /bin/a 'a b'  (30 s)\n")
    expect(shown().err).toMatch(/Note: hook 1 would not be run\. There is no program/)
    await hooksListRun({ json: true }, broken)
    const json = shown().out.slice(shown().out.indexOf('{'))
    expect(hooksSchema.parse(JSON.parse(json)).hooks).toMatchObject([
      { id: 1, problem: 'There is no program /bin/a.' },
    ])
  })

  test('are refused where they would not be run, or have no time or too much', async () => {
    const unsafe = hookWorld('/bin/a can be written by others than its owner.')
    await expect(hooksAddRun({ when: 'after', program: ['/bin/a'] }, unsafe.world)).rejects.toMatchObject({
      code: 'USAGE',
    })
    const { world, text } = hookWorld()
    for (const timeout of ['0', '-1', '11m', '1h', 'soon', '']) {
      await expect(hooksAddRun({ when: 'after', program: ['/bin/a'], timeout }, world)).rejects.toMatchObject(
        { code: 'USAGE' },
      )
    }
    await expect(hooksAddRun({ when: 'after', program: [] }, world)).rejects.toMatchObject({ code: 'USAGE' })
    expect([unsafe.text(), text()]).toEqual([undefined, undefined])
  })
})
