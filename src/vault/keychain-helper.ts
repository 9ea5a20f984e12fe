/**
 * The program in the killable child: one question a line on standard input, one answer a line on standard output. It
 * makes the native calls, which may block for ever, and nothing else; it ends when its input does, or its parent.
 * One `Entry` for each item, reused: each new one costs 8 ms and a descriptor that never comes back. Pinned to the
 * Secret Service on Linux: unpinned, the library writes to kernel memory without a word when no bus answers. Never its
 * find calls (they fetch every secret) and never `withTarget` (it wants to make a keyring).
 */
import { Worker } from 'node:worker_threads'
import type { Entry } from '@napi-rs/keyring'
import { classifyFault, type KeychainFault } from './keychain-texts.ts'

/** Values are base64 of bytes: as text they would be UTF-16 on Windows, and only half as long. */
export type HelperQuestion =
  | { readonly op: 'get'; readonly account: string }
  | { readonly op: 'delete'; readonly account: string }
  | { readonly op: 'set'; readonly account: string; readonly value: string }

export type HelperAnswer =
  | { readonly ok: true; readonly value?: string }
  | { readonly none: true }
  | { readonly error: KeychainFault; readonly text?: string }

const SERVICE = 'tokenctl'

const entries = new Map<string, Entry>()

async function entryFor(account: string): Promise<Entry> {
  const known = entries.get(account)
  if (known !== undefined) return known
  const { Entry } = await import('@napi-rs/keyring')
  const entry = new Entry(SERVICE, account, { linux: { store: 'secret-service' } })
  entries.set(account, entry)
  return entry
}

async function answer(question: HelperQuestion): Promise<HelperAnswer> {
  const startedAt = performance.now()
  try {
    const entry = await entryFor(question.account)
    if (question.op === 'get') {
      const bytes = entry.getSecret()
      return bytes === null ? { none: true } : { ok: true, value: Buffer.from(bytes).toString('base64') }
    }
    if (question.op === 'delete') return entry.deleteCredential() ? { ok: true } : { none: true }
    return write(entry, Buffer.from(question.value, 'base64'))
  } catch (error) {
    return fault(error, performance.now() - startedAt)
  }
}

/** A write that reports failure may have been made all the same (slow services do so): what reads back decides. */
function write(entry: Entry, value: Buffer): HelperAnswer {
  let failure: unknown
  try {
    entry.setSecret(value)
  } catch (error) {
    failure = error
  }
  const stored = failure === undefined ? entry.getSecret() : readOrNull(entry)
  if (stored !== null && Buffer.from(stored).equals(value)) return { ok: true }
  if (failure !== undefined) throw failure
  return { error: 'other', text: 'what was written did not read back' }
}

function readOrNull(entry: Entry): number[] | null {
  try {
    return entry.getSecret()
  } catch {
    // The write's own error is the one to report.
    return null
  }
}

function fault(error: unknown, tookMs: number): HelperAnswer {
  const text = error instanceof Error ? error.message : ''
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/MODULE_NOT_FOUND|ERR_DLOPEN_FAILED/.test(code) || /native binding/i.test(text))
    return { error: 'no-binding' }
  const named = classifyFault(text, tookMs)
  // A text that nobody has classified yet; the library puts no value into one.
  return named === 'other' ? { error: named, text: printable(text) } : { error: named }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 160)
}

// A parent that was killed ends the input, which nobody here reads while a native call hangs: the helper would stay for
// ever. So a thread of its own looks whether the parent is still there (it takes 2 ms to start, measured 22 Nov 2026).
// Windows keeps the number of a parent that is gone; there this never strikes.
const WATCH = `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL') }, 1000)`
new Worker(WATCH, { eval: true }).unref()

// As in the process that asks (platform/memory-guard.ts): no debugger, and no core file by Ctrl-\, with secrets in them.
process.on('SIGUSR1', () => {})
// What a person types at a terminal reaches the helper too. Whether there is still something to store is known to the process
// that asks: when that ends, so does this.
for (const name of ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const) process.on(name, () => {})

let received = ''
let work: Promise<void> = Promise.resolve()

process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
  received += chunk
  for (let end = received.indexOf('\n'); end !== -1; end = received.indexOf('\n')) {
    const line = received.slice(0, end)
    received = received.slice(end + 1)
    work = work.then(async () => {
      process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as HelperQuestion))}\n`)
    })
  }
})
process.stdin.on('end', () => process.exit(0))
