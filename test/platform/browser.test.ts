/** Opening the browser: when it is tried at all, what the browser inherits, and the real library with a false opener. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { browserEnvironment, hasScreen, openBrowser } from '../../src/platform/browser.ts'
import { buildEntry } from '../support/built.ts'

describe('where somebody could see it', () => {
  const ssh = { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' }
  it.each<[platform: NodeJS.Platform, env: Record<string, string>, expected: boolean]>([
    ['linux', { DISPLAY: ':0' }, true],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
    ['linux', {}, false],
    ['linux', { DISPLAY: '' }, false],
    ['linux', ssh, false],
    ['linux', { ...ssh, DISPLAY: 'localhost:10.0' }, true],
    ['linux', { WSL_DISTRO_NAME: 'Debian' }, true],
    ['linux', { ...ssh, WSL_DISTRO_NAME: 'Debian' }, false],
    ['freebsd', {}, false],
    ['darwin', {}, true],
    ['darwin', ssh, false],
    ['darwin', { SSH_TTY: '/dev/ttys001' }, false],
    ['win32', {}, true],
    ['win32', { SSH_CLIENT: '192.0.2.1 50000 22' }, false],
  ])('%s with %o: %s', (platform, env, expected) => {
    expect(hasScreen(env, platform)).toBe(expected)
  })
})

it('the browser gets the environment without what is ours', () => {
  const env = {
    PATH: '/bin',
    DISPLAY: ':0',
    HTTPS_PROXY: 'http://p',
    TOKENCTL_HOME: '/h',
    TOKENCTL_KEY_FILE: '/k',
  }
  const node = {
    NODE_OPTIONS: '--require x',
    NODE_EXTRA_CA_CERTS: '/c',
    Node_Path: '/n',
    tokenctl_home: '/h',
  }
  expect(browserEnvironment({ ...env, ...node })).toEqual({
    PATH: '/bin',
    DISPLAY: ':0',
    HTTPS_PROXY: 'http://p',
  })
})

describe('which addresses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenctl-browser-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const seen = join(folder, 'seen')
  // In place of the helper: notes its arguments.
  const helper = join(folder, 'helper.cjs')
  writeFileSync(
    helper,
    `require('fs').writeFileSync(${JSON.stringify(seen)}, process.argv.slice(2).join('\\n'))`,
  )
  const open = (url: string) => openBrowser(url, { env: { DISPLAY: ':0' }, helper, platform: 'linux' })
  beforeEach(() => rmSync(seen, { force: true }))

  it.each([
    'https://auth.ebay.com/oauth2/authorize?client_id=a-B_c.1&scope=https%3A%2F%2Fapi.ebay.com+b&state=x~y*',
    'https://sellercentral.amazon.de/apps/authorize/consent?application_id=amzn1.sp.solution.x&version=beta',
    'http://127.0.0.1:40123/ebay/oauth2/authorize?a=b',
    'http://[::1]:40123/a',
    'http://localhost:40123/a',
    'https://localhost:40123/a',
  ])('%s is opened, as it is', async url => {
    expect(await open(url)).toBe(true)
    expect(readFileSync(seen, 'utf8')).toBe(url)
  })

  it.each([
    'http://auth.ebay.com/',
    'http://127.0.0.1.evil.example/',
    'http://127.0.0.1@evil.example/',
    'https://me:secret@auth.ebay.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '--help',
    '',
    'https://auth.ebay.com/?a=`id`',
    'https://auth.ebay.com/?a=$(id)',
    "https://auth.ebay.com/?a='b",
    'https://auth.ebay.com/?a="b',
    'https://auth.ebay.com/?a=b|c;d',
    'https://auth.ebay.com/?a=b c',
    'https://auth.ebay.com/\n',
    `https://auth.ebay.com/?${'x'.repeat(8192)}`,
  ])('%j is not', async url => {
    expect(await open(url)).toBe(false)
    expect(existsSync(seen)).toBe(false)
  })

  it('nothing is started where nobody could see it', async () => {
    expect(await openBrowser('https://a.example/', { env: {}, helper, platform: 'linux' })).toBe(false)
    expect(existsSync(seen)).toBe(false)
  })

  it('a helper that is not there is false', async () => {
    const env = { DISPLAY: ':0' }
    const missing = join(folder, 'missing.cjs')
    expect(await openBrowser('https://a.example/', { env, helper: missing, platform: 'linux' })).toBe(false)
  })
})

// The library's other ways, macOS' `open` and PowerShell, need those systems.
describe.skipIf(process.platform !== 'linux')(
  'the real library, bundled as it ships, finds the opener',
  () => {
    let helper = ''
    const folder = mkdtempSync(join(tmpdir(), 'tokenctl-opener-'))
    const seen = join(folder, 'seen')
    const url = 'https://a.example/authorize?state=x&b=%2Fc'

    beforeAll(async () => {
      helper = await buildEntry('src/platform/browser-helper.ts', 'browser-helper')
    })
    afterAll(() => rmSync(folder, { recursive: true }))
    beforeEach(() => rmSync(seen, { force: true }))

    /** An `xdg-open` that does this, and then what is said. */
    function opener(then: string): void {
      const path = join(folder, 'xdg-open')
      const note = `{ echo "$#:$1"; env; readlink /proc/$$/fd/0 /proc/$$/fd/2; } > '${seen}.part'; mv '${seen}.part' '${seen}'`
      writeFileSync(path, `#!/bin/sh\n${note}\n${then}\n`)
      chmodSync(path, 0o755)
    }

    const env = {
      PATH: `${folder}:/usr/bin:/bin`,
      DISPLAY: ':0',
      TOKENCTL_KEY_FILE: '/nonexistent',
      NODE_OPTIONS: '--no-warnings',
    }

    it('gives it the one address, no variable of ours, and no terminal', async () => {
      opener('exit 0')
      expect(await openBrowser(url, { env, helper })).toBe(true)
      const text = readFileSync(seen, 'utf8')
      expect(text.split('\n')[0]).toBe(`1:${url}`)
      expect(text).toContain('DISPLAY=:0')
      expect(text).not.toMatch(/TOKENCTL|NODE_/)
      expect(text).toMatch(/\n\/dev\/null\n\/dev\/null\n$/)
    })

    it('the helper has no terminal either', async () => {
      const noting = join(folder, 'noting.cjs')
      const links = "[0, 1, 2].map(fd => fs.readlinkSync('/proc/self/fd/' + fd)).join(' ')"
      writeFileSync(noting, `const fs = require('fs'); fs.writeFileSync(${JSON.stringify(seen)}, ${links})`)
      expect(await openBrowser(url, { env, helper: noting })).toBe(true)
      expect(readFileSync(seen, 'utf8')).toBe('/dev/null /dev/null /dev/null')
    })

    it('an opener that fails is false', async () => {
      opener('exit 3')
      expect(await openBrowser(url, { env, helper })).toBe(false)
    })

    it('no opener at all is false', async () => {
      const nowhere = { ...env, PATH: dirname(helper) }
      expect(await openBrowser(url, { env: nowhere, helper })).toBe(false)
    })

    it('an opener that stays with its browser is true, and outlives the helper', async () => {
      // Longer than the test; it is ended by its id.
      opener(`echo $$ > '${folder}/pid.part'; mv '${folder}/pid.part' '${folder}/pid'; exec sleep 60`)
      expect(await openBrowser(url, { env, helper })).toBe(true)
      // The helper counts its second whether or not the opener has come to this.
      await expect.poll(() => existsSync(join(folder, 'pid')), { timeout: 20_000 }).toBe(true)
      const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
      expect(process.kill(pid, 0)).toBe(true)
      process.kill(pid)
    })
  },
)
