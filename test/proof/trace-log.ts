/**
 * What strace wrote, as calls: which, on what, with what result, and the how-manieth of its name, which is the number
 * that strace's own `when=` counts by. Pure. It reads logs made with `-y` (descriptors with their paths), and never
 * decides what a call means.
 */

/** One system call of one thread. */
export interface Call {
  /** The thread; null where only the program's first one was followed. */
  readonly thread: number | null
  /** Its name: `fdatasync`. */
  readonly name: string
  /** The how-manieth call of this name in this thread, from 1. */
  readonly nth: number
  /** The arguments as strace prints them, cut where strace cut them. */
  readonly args: string
  /** What the first descriptor stands for (a path, `socket:[1]`, `pipe:[2]`); null for a call without one. */
  readonly on: string | null
  /** Every path that is named in quotes, whole. */
  readonly paths: readonly string[]
  /** What came back; null when the call never returned. */
  readonly result: number | null
  /** What a descriptor that came back stands for. */
  readonly opened: string | null
  /** Whether strace put the result in its place. */
  readonly isInjected: boolean
}

const LINE = /^(?:(\d+) +)?(\w+)\((.*)$/
const END = /^(.*?)\)? += (\?|-?\d+|0x[0-9a-f]+)(?:<([^>]*)>)?(.*)$/
// Calls whose quoted arguments are paths; in others quotes hold data.
const NAMES_PATHS = /^(open|creat|rename|unlink|mkdir|rmdir|link|symlink|truncate|chmod)/

/** Every call of a log, in its order. Calls that another thread's line cut in two count from where they began. */
export function readTrace(log: string): readonly Call[] {
  const calls: Call[] = []
  const counted = new Map<string, number>()
  const open = new Map<string, number>()
  for (const line of log.split('\n')) {
    const resumed = /^(?:(\d+) +)?<\.\.\. (\w+) resumed>(.*)$/.exec(line)
    if (resumed !== null) {
      const key = `${resumed[1] ?? ''} ${resumed[2]}`
      const begun = open.get(key)
      const call = begun === undefined ? undefined : calls[begun]
      if (begun !== undefined && call !== undefined) calls[begun] = { ...call, ...ending(resumed[3] ?? '') }
      open.delete(key)
      continue
    }
    const [, thread, name, rest = ''] = LINE.exec(line) ?? []
    if (name === undefined) continue
    const key = `${thread ?? ''} ${name}`
    const nth = (counted.get(key) ?? 0) + 1
    counted.set(key, nth)
    if (rest.includes('<unfinished ...>')) open.set(key, calls.length)
    calls.push(callOf({ thread, name, nth, rest }))
  }
  return calls
}

interface Begun {
  readonly thread: string | undefined
  readonly name: string
  readonly nth: number
  readonly rest: string
}

function callOf({ thread, name, nth, rest }: Begun): Call {
  const args = END.exec(rest)?.[1] ?? rest.replace(/ *<unfinished \.\.\.>$/, '')
  const on = /^\d+<([^>]*)>/.exec(args)?.[1] ?? null
  const paths = NAMES_PATHS.test(name) ? [...args.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(m => m[1] ?? '') : []
  return { thread: thread === undefined ? null : Number(thread), name, nth, args, on, paths, ...ending(rest) }
}

function ending(text: string): Pick<Call, 'result' | 'opened' | 'isInjected'> {
  const [, , result, opened, more = ''] = END.exec(text) ?? []
  return {
    result: result === undefined || result === '?' ? null : Number(result),
    opened: opened ?? null,
    isInjected: more.includes('(INJECTED)'),
  }
}
