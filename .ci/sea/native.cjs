/**
 * Inside the single executable file: loads a native part that is inside it too. The system loads such code from files only,
 * so it is written to a folder of this process alone, and taken away as soon as it is loaded: no later start finds
 * something there that somebody else could have changed.
 */
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { homedir, tmpdir } = require('node:os')
const { join } = require('node:path')
const { getRawAsset } = require('node:sea')

/** What the native part exports. `name`: of the asset. Throws what the system says where no folder is good for it. */
exports.loadNative = function loadNative(name) {
  let failure
  // A folder that programs may not be run from (noexec) is no good; the home folder rarely is such a one.
  for (const place of new Set([tmpdir(), homedir()])) {
    try {
      return loadFrom(place, name)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

function loadFrom(place, name) {
  // Mode 0700.
  const folder = mkdtempSync(join(place, '.tokenctl-native-'))
  try {
    const file = join(folder, `${name}.node`)
    writeFileSync(file, new Uint8Array(getRawAsset(name)), { mode: 0o500, flag: 'wx' })
    const loaded = { exports: {} }
    process.dlopen(loaded, file)
    return loaded.exports
  } finally {
    // Windows keeps a file that is loaded; what is left there is for the system's own cleaning.
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {}
  }
}
