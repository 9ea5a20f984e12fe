/**
 * Preloaded (`node --require`) into the built program: what it loads, and which file asked for it, goes to the fourth
 * descriptor as the process exits. It must load nothing itself that an empty Node has not.
 */
const Module = require('node:module')
const { writeSync } = require('node:fs')

/** In the order of the first request: what was asked for, the file that asked, and the file that came. */
const requests = []
const load = Module._load

Module._load = function (request, parent, isMain) {
  if (Module.isBuiltin(request)) requests.push({ by: parent?.filename ?? null, what: request, file: null })
  else if (parent?.filename !== __filename) {
    const file = Module._resolveFilename(request, parent, isMain)
    requests.push({ by: parent?.filename ?? null, what: request, file })
  }
  return load.call(this, request, parent, isMain)
}

const before = new Set(process.moduleLoadList)

process.on('exit', () => {
  const natives = process.moduleLoadList
    .filter(name => !before.has(name))
    .map(name => /^NativeModule (.*)$/.exec(name)?.[1])
    .filter(name => name !== undefined)
  writeSync(3, JSON.stringify({ requests, natives }))
})
