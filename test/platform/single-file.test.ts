/** What the executable file knows of itself; a package on the disk knows nothing of the kind. */
import { beforeEach, expect, test, vi } from 'vitest'
import { entryInside, versionInside } from '../../src/platform/single-file.ts'

const sea = vi.hoisted(() => ({
  isSea: vi.fn<() => boolean>(),
  getAsset: vi.fn((name: string) => `${name} of it`),
}))
vi.mock('node:sea', () => sea)

beforeEach(() => {
  sea.isSea.mockReturnValue(false)
})

test('a package: Node runs a file of it, and the version is beside the bundle', () => {
  expect(entryInside('/usr/bin/node')).toBeUndefined()
  expect(versionInside()).toBeUndefined()
  expect(sea.getAsset).not.toHaveBeenCalled()
})

test('an executable file: it is its own entry, and the version is inside', () => {
  sea.isSea.mockReturnValue(true)
  expect(entryInside('/opt/tokenctl')).toBe('/opt/tokenctl')
  expect(versionInside()).toBe('version of it')
})
