/** `doctor` as a whole: a sound home, several faults at once, and the scheduled run's own look. Single faults: test/cli/doctor. */

import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { doctorRun } from '../../../src/cli/commands/doctor.ts'
import { readScheduledCheck } from '../../../src/cli/schedules/scheduled-check.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { expectNoCanary, failing, keyOf, ONE_SHOP, recordOf, stateOf } from '../../support/broken-world.ts'
import { diagnose, doctorWorld, refusing, setSettings, soundHome } from '../../support/doctor-world.ts'
import { folderPrint } from '../../support/folder-print.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

describe('a sound home', () => {
  test('nothing is wrong, every check is told in its order, and nothing shows', async () => {
    const home = await soundHome()
    const { wrong, exit, report, text } = await diagnose(home)
    expect(wrong).toEqual([])
    expect(exit).toBe(0)
    expect(report.summary.problem + report.summary.warning).toBe(0)
    const ids = [...new Set(report.findings.map(({ id }) => id))]
    for (const id of [
      'tokenctl',
      'node',
      'native',
      'disk',
      'locks',
      'key',
      'vault',
      'network',
      'clock',
    ] as const)
      expect(ids).toContain(id)
    expect(report.findings.find(({ id }) => id === 'vault')?.what).toMatch(
      /a test item was written, read back and removed/,
    )
    expectNoCanary(text)
    expect(text).not.toContain(readFileSync(keyOf(home)).toString('hex'))
  })

  test('is left as it was, but for locks', async () => {
    const home = await soundHome()
    const print = () => folderPrint(home).filter(entry => !entry.startsWith('state/locks'))
    const before = print()
    await diagnose(home)
    expect(print()).toEqual(before)
  })

  test('one that never stored anything is left without a folder', async () => {
    const home = temporaryHome()
    setSettings(home, { store: 'file' })
    const { wrong, exit } = await diagnose(home)
    expect(wrong).toEqual([])
    expect(exit).toBe(0)
    expect(readdirSync(home)).toEqual(['config.json'])
  })

  test('--offline asks nobody', async () => {
    const http = () => expect.unreachable('somebody was asked')
    const { report, exit } = await diagnose(await soundHome(), { offline: true, http })
    expect(report.findings.find(({ id }) => id === 'network')).toMatchObject({ state: 'skipped' })
    expect(exit).toBe(0)
  })

  test('a GET without a credential, to the token endpoints of what is connected', async () => {
    const asked: string[] = []
    await diagnose(await soundHome(ONE_SHOP), {
      http: async request => {
        asked.push(`${request.method} ${request.url} ${request.body}${Object.keys(request.headers)}`)
        return refusing()
      },
    })
    expect(asked.sort()).toEqual([
      'GET https://api.amazon.com/auth/o2/token cache-control',
      'GET https://api.ebay.com/identity/v1/oauth2/token cache-control',
    ])
  })
})

test('several at once: each is told, and the gravest counts', async () => {
  const home = await soundHome()
  chmodSync(recordOf(home), 0o644)
  const { wrong, exit } = await diagnose(home, { http: failing('ENOTFOUND', 'getaddrinfo') })
  expect(new Set(wrong.map(({ id }) => id))).toEqual(new Set(['folders', 'dns']))
  expect(exit).toBe(5)
})

describe('--scheduled', () => {
  const files = createNodeFiles()

  test('opens a record, and leaves what it saw in the state folder', async () => {
    const home = await soundHome(ONE_SHOP)
    const { exit, report } = await diagnose(home, { scheduled: true, env: { PATH: '/usr/bin' } })
    expect(exit).toBe(0)
    expect(report.findings).toContainEqual(
      expect.objectContaining({ id: 'opened-record', state: 'ok', where: 'ebay:main' }),
    )
    const check = readScheduledCheck(stateOf(home), files)
    expect(check).toMatchObject({ at: '2026-11-22T10:00:00Z', path: '/usr/bin', exit: 0 })
    expect(check?.findings).toEqual(report.findings)
    expectNoCanary(JSON.stringify(check))
    expect(readFileSync(join(stateOf(home), 'last-opened.json'), 'utf8')).toContain('doctor --scheduled')
  })

  test('then `doctor` says when that was; and what it could not', async () => {
    const home = await soundHome()
    await diagnose(home, { scheduled: true })
    const { report } = await diagnose(home)
    const proof = report.findings.find(({ id }) => id === 'scheduled-run')
    expect(proof).toMatchObject({
      state: 'ok',
      what: expect.stringMatching(/^The scheduled run last proved itself 2026-11-22/),
    })
    const { exit } = await diagnose(home, { scheduled: true, http: failing('ENOTFOUND', 'getaddrinfo') })
    expect(exit).toBe(4)
    const after = await diagnose(home)
    expect(after.wrong).toMatchObject([{ id: 'scheduled-run', state: 'problem', code: 'NETWORK_FAILED' }])
    expect(after.wrong[0]?.what).toMatch(/The scheduled run found at .*could not be found.*And 2 more\./)
    expect(after.exit).toBe(4)
  })

  test('a record whose body is damaged', async () => {
    const home = await soundHome(ONE_SHOP)
    const [line = ''] = readFileSync(recordOf(home), 'utf8').split('\n')
    writeFileSync(recordOf(home), `${line}\nAAAA\n`, { mode: 0o600 })
    const { wrong, exit } = await diagnose(home, { scheduled: true })
    expect(wrong).toMatchObject([{ id: 'opened-record', state: 'problem', where: 'ebay:main' }])
    expect(exit).toBe(5)
  })

  test('a key under a passphrase is a problem here, and nobody is asked', async () => {
    const home = await soundHome()
    writeFileSync(keyOf(home), 'age-encryption.org/v1\nnot opened here', { mode: 0o600 })
    const { wrong, exit } = await diagnose(home, { scheduled: true })
    expect(wrong).toMatchObject([{ id: 'key', state: 'problem', code: 'ANSWER_MISSING' }])
    expect(exit).toBe(3)
  })

  test('a state folder that it cannot write is told', async () => {
    const home = await soundHome()
    rmSync(stateOf(home), { recursive: true })
    writeFileSync(stateOf(home), '')
    const { exit, wrong } = await diagnose(home, { scheduled: true })
    expect(exit).toBe(5)
    expect(wrong.map(({ id }) => id)).toContain('folders')
  })

  test('before anything is stored it is proof all the same', async () => {
    const home = temporaryHome()
    setSettings(home, { store: 'file' })
    expect((await diagnose(home, { scheduled: true })).exit).toBe(0)
    expect(readScheduledCheck(stateOf(home), files)?.findings.length).toBeGreaterThan(5)
  })

  test.each([{ fix: true }, { offline: true }])('excludes %o', async more => {
    const world = doctorWorld(temporaryHome())
    await expect(doctorRun({ scheduled: true, ...more }, world)).rejects.toMatchObject({ code: 'USAGE' })
  })
})
