/** The machine is put together of its parts: what it tells of this process, and that no password comes with a proxy. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createMachine } from '../../src/platform/machine.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const HERE = { platform: process.platform, uid: process.getuid?.() }

test('Node, program and user are those of this process', () => {
  const machine = createMachine('/nonexistent', HERE, {})
  expect(machine.nodeVersion).toBe(process.versions.node)
  expect(machine.nodePath).toBe(process.execPath)
  expect(machine.user).not.toBe('')
  expect(machine.programVersion).toBe('unknown')
  expect(createMachine(join(import.meta.dirname, '..'), HERE, {}).programVersion).toMatch(/^\d+\.\d+\.\d+$/)
  expect(machine.fileSystemOf(join(temporaryHome(), 'x'))?.freeBytes).toBeGreaterThan(0)
})

test('a proxy is its host and its variable, and never its password', () => {
  const env = { HTTPS_PROXY: 'http://me:CNRY-proxy-password@proxy.example:3128' }
  const machine = createMachine('/nonexistent', HERE, env)
  const proxy = machine.proxyFor(new URL('https://api.ebay.com'))
  expect(proxy).toEqual({ host: 'proxy.example:3128', variable: 'HTTPS_PROXY' })
  expect(createMachine('/x', HERE, {}).proxyFor(new URL('https://api.ebay.com'))).toBeUndefined()
})

test('Windows has no modes to look at', () => {
  const machine = createMachine('/nonexistent', { platform: 'win32', uid: undefined }, {})
  expect(machine.looseUnder('/')).toEqual([])
})
