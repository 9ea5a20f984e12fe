/** Room on the disk, and the kind of file system. */

import { expect, test } from 'vitest'
import { doctorRun } from '../../../src/cli/commands/doctor.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { type Broken, testBrokenWorlds } from '../../support/broken-world.ts'
import { doctorWorld, NOBODY_KNOWS, soundHome } from '../../support/doctor-world.ts'
import type { TestScreen } from '../render/screen.ts'

const facts = { at: '/srv', freeBytes: 9e9, freeFiles: 1e6, network: null }

const WORLDS: Readonly<Record<string, Broken>> = {
  'a full disk': {
    world: { machine: { fileSystemOf: () => ({ ...facts, freeBytes: 4096 }) } },
    found: ['disk problem'],
    says: /The disk is full \(4 KiB free\)/,
    mend: /Free some space/,
    exit: 5,
  },
  'a disk that is nearly full': {
    world: { machine: { fileSystemOf: () => ({ ...facts, freeBytes: 50 * 1024 * 1024 }) } },
    found: ['disk warning'],
    says: /nearly full: 50 MiB free/,
    mend: /Free some space/,
    exit: 0,
  },
  'a disk that takes no new files': {
    world: { machine: { fileSystemOf: () => ({ ...facts, freeFiles: 3 }) } },
    found: ['disk problem'],
    says: /takes no new files \(3 can still be made\)/,
    mend: /Free some space/,
    exit: 5,
  },
  'a network file system': {
    world: { machine: { fileSystemOf: () => ({ ...facts, network: 'NFS' }) } },
    found: ['file-system warning'],
    says: /network file system \(NFS\)/,
    mend: /TOKENCTL_HOME/,
    exit: 0,
  },
}

testBrokenWorlds(WORLDS)

test('a disk that is full for the store too: told once', async () => {
  const machine = { fileSystemOf: () => ({ ...facts, freeBytes: 0 }) }
  const home = await soundHome()
  const world = doctorWorld(home, { machine })
  const files = createNodeFiles()
  const vaultParts = world.vaultParts
  Object.assign(world, {
    vaultParts: async (...given: Parameters<typeof vaultParts>) => ({
      ...(await vaultParts(...given)),
      files: {
        ...files,
        writeDurably: (path: string) => {
          throw new TokenctlError('WRITE_FAILED', `${path} could not be written: the disk is full.`)
        },
      },
    }),
  })
  expect(await doctorRun({ json: true }, world, NOBODY_KNOWS)).toBe(5)
  const { findings } = JSON.parse((world.terminal as TestScreen).shown.out)
  expect(findings.filter((each: { state: string }) => each.state === 'problem')).toMatchObject([
    { id: 'disk' },
  ])
  expect(findings).toContainEqual(expect.objectContaining({ id: 'vault', what: 'Not tried: see `disk`.' }))
})
