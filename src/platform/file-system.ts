/**
 * How much room a folder's file system has, and whether it is one of a network: kernel locks may then hold on one
 * machine alone, or not at all. Reads; makes and changes nothing.
 */
import fs from 'node:fs'
import { dirname } from 'node:path'
import { systemCode } from '../errors.ts'

export interface FileSystemFacts {
  /** The folder that was looked at: the one that was named, or the nearest above it that is there. */
  readonly at: string
  /** What this user can still write, in bytes. */
  readonly freeBytes: number
  /** How many files can still be made; null where the file system counts none (btrfs, Windows). */
  readonly freeFiles: number | null
  /** The network file system's name; null for a local one, and where nobody can tell (macOS, Windows). */
  readonly network: string | null
}

// The numbers of linux/magic.h, as statfs(2) of man-pages 6.03 lists them, checked 23 Nov 2026
const NETWORKS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0bd00bd0, 'Lustre'],
])

/** The name of a network file system by its number in `statfs`; null for every other number. */
export function networkName(type: number): string | null {
  // A 32-bit kernel gives the large ones as negative numbers.
  return NETWORKS.get(type >>> 0) ?? null
}

/** The file system under a folder, whether or not the folder is there yet; undefined where it does not say. */
export function fileSystemOf(folder: string, platform: NodeJS.Platform): FileSystemFacts | undefined {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, bsize, files, ffree, type } = fs.statfsSync(at)
      return {
        at,
        freeBytes: bavail * bsize,
        freeFiles: files === 0 ? null : ffree,
        network: platform === 'linux' ? networkName(type) : null,
      }
    } catch (error) {
      // Anything but "not there yet" is an answer too: what cannot be looked at has no figures.
      if (systemCode(error) !== 'ENOENT' || at === dirname(at)) return undefined
    }
  }
}
