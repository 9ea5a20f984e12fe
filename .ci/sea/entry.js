/**
 * The entry of the single executable file. What the program starts as `node <file> …` comes here as `tokenctl <file> …`: the
 * keychain's helper, the browser's, the trial of the native parts, and a schedule's job, whose file is this one.
 */
import { join } from 'node:path'
import { run } from '../../src/cli/main.ts'
import { loadNative } from './native.cjs'

const NATIVE = { '@napi-rs/keyring': 'keyring', 'fs-native-extensions': 'fs-native-extensions' }

// As for a script: Node, the script, its words.
const first = process.argv[2]
if (
  first === process.execPath ||
  first === inside('keychain-helper.cjs') ||
  first === inside('browser-helper.cjs')
)
  process.argv.splice(1, 1)

if (first === inside('keychain-helper.cjs')) import('../../src/vault/keychain-helper.ts')
else if (first === inside('browser-helper.cjs')) import('../../src/platform/browser-helper.ts')
else if (first === '-e' && process.argv[4] === inside('main.cjs')) tryNative(NATIVE[process.argv[5]])
else run(process)

/** Where the program looks for its parts: beside itself. Nothing is there; the name alone is meant. */
function inside(name) {
  return join(__dirname, name)
}

/** The answer that src/platform/native-modules.ts waits for. */
function tryNative(name) {
  let why = null
  try {
    loadNative(name)
  } catch (error) {
    why = String(error.code ?? error.name)
  }
  process.stdout.write(JSON.stringify({ why, path: why === null ? process.execPath : null }))
}
