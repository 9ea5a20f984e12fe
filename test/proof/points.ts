/**
 * Where a run can be stopped: from one recorded run, the calls between taking the account's lock and letting it go that
 * change anything outside the process. What only reads changes nothing, so stopping there is stopping at the next of
 * these. Pure; it knows no file names of the program's own, so that it stays true whatever the program does inside.
 */
import type { Call } from './trace-log.ts'

/** What strace must watch. `?`: a machine that has no such call is no error. */
export const WATCHED = [
  ...[
    'openat',
    'read',
    'write',
    'pwrite64',
    'writev',
    'pwritev',
    'fsync',
    'fdatasync',
    'ftruncate',
    'fallocate',
  ],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'link', 'linkat', 'mkdir', 'mkdirat', 'rmdir'],
  ...['socket', 'sendto', 'sendmsg', 'recvfrom', 'recvmsg', 'close', 'fcntl', 'flock'],
]

const ON_FILES = /^(write|pwrite64|writev|pwritev|fsync|fdatasync|ftruncate|fallocate|close)$/
const ON_NAMES = /^(rename|unlink|link|mkdir|rmdir)/
const ON_SOCKETS = /^(read|write|writev|close|send\w+|recv\w+)$/

/** One call at which a run is stopped or disturbed. */
export interface Point {
  readonly name: string
  /** The how-manieth of its name in its thread. */
  readonly nth: number
  /** What it is done to, the same in every run: random parts are `*`. */
  readonly role: string
  /** The how-manieth of its role: of two runs, the same call has the same role and turn, whatever its `nth`. */
  readonly turn: number
}

/** The locks that a run took, by path, and whether each was free at the first try. */
export function locksTaken(
  calls: readonly Call[],
): readonly { readonly path: string; readonly at: number }[] {
  return calls.flatMap((call, at) =>
    isLocking(call) && call.result === 0 && call.on !== null ? [{ path: call.on, at }] : [],
  )
}

function isLocking({ name, args }: Call): boolean {
  return name === 'flock' || (name === 'fcntl' && /F_(OFD_)?SETLK.*F_WRLCK/.test(args))
}

/** The calls from the first lock that was taken to the last that was let go. */
export function underLock(calls: readonly Call[]): readonly Call[] {
  const locks = locksTaken(calls)
  const [first] = locks
  if (first === undefined) return []
  const paths = new Set(locks.map(lock => lock.path))
  const last = calls.findLastIndex(
    ({ name, on, result }) => name === 'close' && on !== null && paths.has(on) && result !== null,
  )
  return calls.slice(first.at, last === -1 ? undefined : last + 1)
}

/** Whether a call can change what is outside the process, or brings something in. `ours` knows the program's files. */
function isPoint(call: Call, ours: (path: string) => boolean): boolean {
  const { name, args, on, paths } = call
  if (isLocking(call)) return true
  if (name === 'openat') return /O_CREAT|O_WRONLY|O_RDWR/.test(args) && ours(paths[0] ?? '')
  if (ON_NAMES.test(name)) return paths.some(ours)
  if (on === null) return false
  return on.startsWith('socket:') ? ON_SOCKETS.test(name) : ON_FILES.test(name) && ours(on)
}

/** The points of the main thread, in their order; `scratch` is the folder that holds the home. */
export function killPoints(calls: readonly Call[], scratch: string): readonly Point[] {
  const locks = new Set(locksTaken(calls).map(lock => lock.path))
  const ours = (path: string) => isUnder(path, scratch) || locks.has(path)
  return pointsIn(calls, scratch, call => isMain(call, calls) && isPoint(call, ours))
}

const FAILING =
  /^(openat|write|pwrite64|writev|pwritev|fsync|fdatasync|ftruncate|fallocate|rename|unlink|link|mkdir)/

/** The points at which a file system can refuse: those on files, and but for locking and closing. */
export function errorPoints(calls: readonly Call[], scratch: string): readonly Point[] {
  const ours = (path: string) => isUnder(path, scratch)
  return pointsIn(
    calls,
    scratch,
    call =>
      isMain(call, calls) &&
      FAILING.test(call.name) &&
      !call.on?.startsWith('socket:') &&
      isPoint(call, ours),
  )
}

/** What the keychain's helper says to the keychain while the lock is held, of a run in which everyone was followed. */
export function helperPoints(calls: readonly Call[], scratch: string): readonly Point[] {
  return pointsIn(calls, scratch, call => call.name === 'sendmsg' && !isMain(call, calls))
}

/** What any other thread or process than the program's first does to its files; killing by the first one's calls misses it. */
export function strayCalls(calls: readonly Call[], scratch: string): readonly Call[] {
  const ours = (path: string) => isUnder(path, scratch)
  return calls.filter(call => !isMain(call, calls) && !call.on?.startsWith('socket:') && isPoint(call, ours))
}

function isMain({ thread }: Call, calls: readonly Call[]): boolean {
  return thread === calls[0]?.thread
}

function pointsIn(calls: readonly Call[], scratch: string, isOne: (call: Call) => boolean): readonly Point[] {
  const locked = new Set(underLock(calls))
  const points = asPoints(calls, scratch)
  return calls.flatMap((call, at) => {
    const point = points[at]
    return point !== undefined && locked.has(call) && isOne(call) ? [point] : []
  })
}

/** Every call of a trace as a point, whether or not one would stop there. */
export function asPoints(calls: readonly Call[], scratch: string): readonly Point[] {
  const turns = new Map<string, number>()
  return calls.map(call => {
    const role = roleOf(call, scratch)
    const turn = (turns.get(role) ?? 0) + 1
    turns.set(role, turn)
    return { name: call.name, nth: call.nth, role, turn }
  })
}

function roleOf({ name, on, paths }: Call, scratch: string): string {
  const what = on ?? paths.join(' → ')
  const known = what.replaceAll(scratch, '').replace(/\.[0-9a-f]{8,}(?=\.|$| )/g, '.*')
  return `${name} ${known.replace(/:\[\d+\]/, '')}`
}

function isUnder(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}

/** How far the vendor's answer had come in a run. */
export interface Arrival {
  /** Bytes of it that the program had read. */
  readonly bytes: number
  /** Whether anything was written to a file after the last of them was read. */
  readonly isWritten: boolean
}

/**
 * Reads from a trace what arrived over TCP, and whether a write to a file followed. A second question asks for something
 * else than tokens, so that what follows it is not counted.
 */
export function arrivalOf(calls: readonly Call[], scratch: string): Arrival {
  const sockets = new Set(
    calls.flatMap(({ name, args, opened }) =>
      name === 'socket' && args.startsWith('AF_INET') && opened !== null ? [opened] : [],
    ),
  )
  let bytes = 0
  let isWritten = false
  for (const { name, on, result } of calls) {
    if (on === null || result === null || result <= 0) continue
    if (bytes > 0 && sockets.has(on) && /^(write|send)/.test(name)) break
    if (sockets.has(on) && /^(read|recv)/.test(name)) {
      bytes += result
      isWritten = false
    }
    if (bytes > 0 && /^p?write/.test(name) && isUnder(on, scratch)) isWritten = true
  }
  return { bytes, isWritten }
}
