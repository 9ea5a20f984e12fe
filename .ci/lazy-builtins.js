/**
 * A rolldown plugin for the command line's bundle: built-in modules that a start rarely needs are loaded at their first use.
 * A static import in CommonJS is a `require` at once, whoever needs it later: commander asks for `node:child_process` (with
 * `node:net` behind it) for subcommands in files of their own, which tokenctl has none of; `node:crypto` is there for hashes.
 * Figures: docs/dependencies.md.
 */

/** What is put off. Modules whose parts are only called, never compared or extended. */
const RARE = ['node:child_process', 'node:crypto']

/**
 * The plugin. It looks at the chunks of these names alone: those that every start loads.
 *
 * @param {{ chunks: readonly string[] }} options
 * @returns {import('rolldown').Plugin}
 */
export function lazyBuiltins({ chunks }) {
  const asked = new RegExp(`\\b(const|let|var) (\\w+) = require\\("(${RARE.join('|')})"\\);`, 'g')
  return {
    name: 'lazy-builtins',
    renderChunk(code, { name: chunk }) {
      if (!chunks.includes(chunk)) return null
      const put = code.replace(asked, (whole, kind, name, module) =>
        // Whoever takes the module as a whole copies its parts at once.
        code.includes(`__toESM(${name}`)
          ? whole
          : `${kind} ${name} = new Proxy({}, { get: (_, part) => require("${module}")[part] });`,
      )
      return put === code ? null : { code: put }
    },
  }
}
