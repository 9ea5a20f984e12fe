/**
 * A rolldown plugin for the command line's bundle: built-in modules that a start rarely needs are loaded at their first use.
 * A static import in CommonJS is a `require` at once, whoever needs it later: commander asks for `node:child_process` (with
 * `node:net` behind it) for subcommands in files of their own, which tokenctl has none of; `node:crypto` is there for hashes.
 * Figures: docs/dependencies.md.
 */

/** What is put off. Modules whose parts are only called, never compared or extended. */
const RARE = ['node:child_process', 'node:crypto']

/** @returns {import('rolldown').Plugin} */
export function lazyBuiltins() {
  const asked = new RegExp(`\\b(const|let|var) (\\w+) = require\\("(${RARE.join('|')})"\\);`, 'g')
  return {
    name: 'lazy-builtins',
    renderChunk(code) {
      const put = code.replace(
        asked,
        (_, kind, name, module) =>
          `${kind} ${name} = new Proxy({}, { get: (_, part) => require("${module}")[part] });`,
      )
      return put === code ? null : { code: put }
    },
  }
}
