/**
 * The folder of a server, with a watcher beside it: when the process that made it is gone, in whatever way, the watcher
 * ends the server that was left running and removes the folder. So nothing stays behind a test that failed, was cut short
 * or was killed.
 */
import { spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Owner, serverOwner } from './programs.ts'

export interface ServerFolder {
  readonly path: string
  /** Who owns it, and runs the server in it. */
  readonly owner: Owner | undefined
  /** Names the process that is to be ended with this one; undefined: there is none at the moment. */
  watch(pid: number | undefined): void
  /** Removes it, and lets the watcher go; its server has ended. */
  remove(): void
}

// Its input ends with the process that holds the other end. A server that is ending may still write for a moment, so
// that the folder may not be empty at the first try.
const WATCHER = `
trap '' INT TERM HUP
pid=none
while read -r said; do pid=$said; done
[ "$pid" != end ] || exit 0
[ "$pid" = none ] || kill -s "$2" "$pid"
for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && exit 0; sleep 0.1; done
`

/** Makes one; `signal` is what its server is ended with, and must end whatever the server started. */
export function makeServerFolder(signal: 'QUIT' | 'KILL' = 'KILL'): ServerFolder {
  const path = mkdtempSync(join(tmpdir(), 'tokenctl-'))
  const watcher = spawn('sh', ['-c', WATCHER, 'sh', path, signal], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A Ctrl-C is for the test, and what comes of it is the watcher's.
    detached: true,
  })
  // Neither keeps this process from its end.
  watcher.unref()
  const say = watcher.stdin
  if ('unref' in say && typeof say.unref === 'function') say.unref()
  say.on('error', () => undefined)
  const owner = serverOwner()
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
  return {
    path,
    owner,
    watch: pid => void (say.writable && say.write(`${pid ?? 'none'}\n`)),
    remove: () => {
      rmSync(path, { recursive: true, force: true })
      say.end('end\n')
    },
  }
}
