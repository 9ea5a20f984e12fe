/**
 * A machine of its own for schedulers to be installed on for real: name spaces of the kernel with their own processes,
 * crontabs, `/run` and home of root, over the file system that is there. Nothing outside is touched, and all of it is gone when the
 * test ends. Needs root and Linux; `canBePrivate` says whether it goes.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryHome } from './temporary-home.ts'
import { ended, type Run } from './tokenctl.ts'

/** Whether this process may make name spaces. */
export const canBePrivate =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'true']).status === 0

export interface PrivateMachine {
  /** Root's home there, and of nobody here. */
  readonly home: string
  /** Runs a program inside to its end. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>, input?: string): Promise<Run>
  /** Starts one that stays until the machine ends. */
  start(command: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess
}

// `$1` is the new home, `$2` a folder for what is laid over files. `/run` is shared among the
// name spaces that a manager makes for its services, as it is on a real machine. The last line keeps the machine up until its input ends.
const SET_UP = `
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user/0
chmod 700 /run/user/0
mount --make-shared /run
mount -t tmpfs tmpfs /var/spool
mkdir -p /var/spool/cron/crontabs
chmod 1730 /var/spool/cron/crontabs
sed "s#^root:.*#root:x:0:0:root:$1:/bin/sh#" /etc/passwd > "$2/passwd"
mount --bind "$2/passwd" /etc/passwd
for place in /etc/cron.d; do [ ! -d $place ] || mount -t tmpfs tmpfs $place; done
[ ! -f /etc/crontab ] || mount --bind /dev/null /etc/crontab
echo up
cat
`

/** Such a machine, until the test ends. */
export async function privateMachine(): Promise<PrivateMachine> {
  const home = temporaryHome()
  const groups = ownControlGroups()
  const joining = groups.map(folder => `echo $$ > ${folder}/cgroup.procs; `).join('')
  const inside: Promise<unknown>[] = []
  const outer = spawn(
    'sh',
    [
      '-c',
      `${joining}exec unshare --mount --pid --fork --mount-proc sh -c "$0" sh "$1" "$2"`,
      SET_UP,
      home,
      temporaryHome(),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  onTestFinished(async () => {
    outer.stdin.end()
    await new Promise(resolve => outer.once('close', resolve))
    // With its first process all of them end; the way into each is a process out here, which sees that a little later.
    await Promise.all(inside)
    for (const folder of groups) removeTree(folder)
  })
  await new Promise<void>((resolve, reject) => {
    outer.stdout.once('data', () => resolve())
    outer.once('exit', () => reject(new Error('no private machine')))
  })
  // The first process inside, by its number outside.
  const inner = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').trim()
  const enter = ['--target', inner, '--mount', '--pid', '--']
  const spawnInside = (command: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const child = spawn('sh', ['-c', `${joining}exec nsenter "$@"`, 'sh', ...enter, ...command], {
      env: { PATH: process.env['PATH'] ?? '', HOME: home, TZ: 'UTC', ...env },
    })
    inside.push(new Promise(resolve => child.once('close', resolve)))
    return child
  }
  return {
    home,
    run: (command, env, input) => {
      const child = spawnInside(command, env)
      child.stdin.on('error', () => undefined)
      child.stdin.end(input)
      return ended(child)
    },
    start: spawnInside,
  }
}

/** A control group of our own in each tree that systemd looks at, so that a manager takes no other process for its own. */
function ownControlGroups(): string[] {
  const trees = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].filter(tree =>
    existsSync(join(tree, 'cgroup.procs')),
  )
  return trees.flatMap(tree => {
    const folder = join(tree, `tokenctl-test-${process.pid}-${Date.now()}`)
    try {
      mkdirSync(folder)
      return [folder]
    } catch {
      // Not ours to make here; a manager will then not come up, and its test is left out.
      return []
    }
  })
}

/** Control groups are emptied by removing folders; the files in them are the kernel's. */
function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(folder, entry.name))
  rmdirSync(folder)
}
