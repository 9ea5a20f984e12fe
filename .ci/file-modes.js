// The last step of the build: what ships is readable by all and writable by its owner, whatever the umask of who checks
// out or builds. npm packs a file's mode as it finds it, and the tarball is to be the same, byte for byte, for everybody.
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** What npm packs unasked. */
const ALWAYS = ['package.json', 'README.md', 'LICENSE']

const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
// One that begins with `!` is left out of another.
for (const name of [...ALWAYS, ...files].filter(each => !each.startsWith('!'))) settle(join(ROOT, name))

function settle(path) {
  const stat = statSync(path)
  if (stat.isDirectory()) for (const name of readdirSync(path)) settle(join(path, name))
  else chmodSync(path, stat.mode & 0o100 ? 0o755 : 0o644)
}
