/**
 * Whether the packages with native code load on this machine, and which files they load. Each is tried in a process of
 * its own: a damaged native file can take the process down that loads it.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface NativeModule {
  /** The package: `fs-native-extensions`. */
  readonly name: string
  /** The file with the native code; null where it does not load. */
  readonly path: string | null
  /** SHA-256 of that file in hex digits; null where it does not load. */
  readonly sha256: string | null
  /** Why it does not load, as the system's own code or signal; null where it does. */
  readonly why: string | null
}

/** The packages whose code is not in the bundle. */
export const NATIVE_PACKAGES = ['@napi-rs/keyring', 'fs-native-extensions'] as const

/** Half a second on a machine that is not busy; one that starts dozens of processes at once must not look broken. */
const TIMEOUT_MS = 20_000
const MAX_ANSWER_CHARS = 65_536
const CODE = /^[A-Z][A-Z0-9_]{1,60}$/

// Resolved from the bundle, as the bundle itself does.
const TRY = `
const load = require('node:module').createRequire(process.argv[1])
let why = null
try { load(process.argv[2]) } catch (error) { why = String(error.code ?? error.name) }
const paths = Object.keys(require.cache).filter(path => path.endsWith('.node'))
process.stdout.write(JSON.stringify({ why, path: paths.at(-1) ?? null }))
`

/** Tries both packages as the bundle in this folder would load them. Never throws. */
export async function nativeModules(bundleFolder: string): Promise<readonly NativeModule[]> {
  return await Promise.all(NATIVE_PACKAGES.map(name => tryOne(name, bundleFolder)))
}

async function tryOne(name: string, bundleFolder: string): Promise<NativeModule> {
  const { text, end } = await output(['-e', TRY, join(bundleFolder, 'main.cjs'), name])
  const { why, path } = parsed(text)
  const failed = (reason: string): NativeModule => ({ name, path: null, sha256: null, why: reason })
  if (end !== null) return failed(end)
  if (why !== null || path === null) return failed(why !== null && CODE.test(why) ? why : 'unknown error')
  try {
    return { name, path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex'), why: null }
  } catch {
    // It was loaded a moment ago: somebody is replacing it.
    return failed('EBUSY')
  }
}

function parsed(text: string): { readonly why: string | null; readonly path: string | null } {
  try {
    return JSON.parse(text)
  } catch {
    // The child ended before it said anything; its end says why.
    return { why: null, path: null }
  }
}

/** What a child of this Node prints, and how it ended where that was not well. */
function output(args: readonly string[]): Promise<{ readonly text: string; readonly end: string | null }> {
  return new Promise(resolve => {
    // Nothing of our environment: NODE_OPTIONS would be loaded first.
    const child = spawn(process.execPath, args, {
      env: {},
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    })
    let text = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
    const settle = (end: string | null) => {
      clearTimeout(timer)
      resolve({ text, end })
    }
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < MAX_ANSWER_CHARS) text += chunk
    })
    child.once('error', () => settle('not started'))
    child.once('close', (code, signal) => settle(signal ?? (code === 0 ? null : `exit ${code}`)))
  })
}
