/** The stock `age` program, and keys of its kind, for tests that hold our exports against what everybody else has. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'

/** A key of ours for one test: its private half in a file, and its recipient. */
export interface AgeKey {
  readonly identity: string
  readonly recipient: string
  /** The identity file, mode 0600. */
  readonly path: string
}

/** A new key, written into a folder as `age-keygen` writes one. */
export async function ageKey(folder: string, name = 'key.txt'): Promise<AgeKey> {
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  const path = join(folder, name)
  writeFileSync(path, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600 })
  return { identity, recipient, path }
}

/** Runs `age`. @throws with what it said, when it fails. */
export function age(args: readonly string[], input?: string | Uint8Array): Buffer {
  const run = spawnSync('age', [...args], { input })
  if (run.status !== 0) throw new Error(`age ${args.join(' ')}: ${run.stderr.toString()}`)
  return run.stdout
}

/** Runs `age` at a terminal of its own, where lines are typed: it asks for a passphrase nowhere else. */
export function ageTyped(args: readonly string[], lines: readonly string[]): void {
  const command = ['age', ...args].map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const run = spawnSync('script', ['-qec', command, '/dev/null'], {
    input: lines.map(line => `${line}\n`).join(''),
    encoding: 'utf8',
  })
  if (run.status !== 0) throw new Error(`${command}: ${run.stdout}`)
}
