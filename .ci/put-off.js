/**
 * A rolldown plugin for the command line's bundle: chunks that are loaded at the first use of something in them, while the
 * sources import them like any other. What a good start does not come to (schemas that only a strange file is held
 * against, what only writes, what only finds faults) is neither read nor compiled then.
 *
 * It suits modules whose exports are used inside functions. Where one is used as a module is made, the chunk is loaded at
 * once, and nothing is won. Figures: docs/performance.md.
 */

/**
 * The plugin.
 *
 * @param {{ chunks: readonly string[] }} options the names of the chunks to put off
 * @returns {import('rolldown').Plugin}
 */
export function putOff({ chunks }) {
  const late = loadedLate(chunks)
  return {
    name: 'put-off',
    renderChunk(code) {
      const put = late(code)
      return put === code ? null : { code: put }
    },
  }
}

/** Makes code require the chunks of these names at their first use. */
export function loadedLate(chunks) {
  const asked = new RegExp(
    `^(?:const|let|var) (\\w+) = (require\\("[./a-z]*/(?:${chunks.join('|')})-[^"/]+"\\));$`,
    'gm',
  )
  return code => {
    const names = []
    const put = code.replace(asked, (_, name, load) => {
      names.push(name)
      return `let ${name}$;\nconst ${name} = () => (${name}$ ??= ${load});`
    })
    if (names.length === 0) return code
    const name = `(${names.join('|')})`
    // Each use is `require_chunk.part`, since the bundler keeps imports live. `new f().Part()` would make an f.
    const made = new RegExp(`\\bnew ${name}((?:\\.[\\w$]+)+)`, 'g')
    // A dot before it makes it a part of something else, but for the last of the three that spread it.
    const used = new RegExp(`(?<![\\w$])(?<!(?:^|[^.])\\.)${name}\\.`, 'gm')
    const done = put.replace(made, 'new ($1()$2)').replace(used, '$1().')
    // Taken whole, or in a way that is not foreseen here: it would be the function that loads it.
    const left = new RegExp(
      `(?<![\\w$])(?<!(?:^|[^.])\\.)${name}(?![\\w$:]|\\(\\)| = \\(\\) =>)[^\\n]{0,40}`,
    ).exec(done)
    if (left !== null)
      throw new Error(`A chunk that is put off is used in a way that is not foreseen: ${left[0]}`)
    return done
  }
}
