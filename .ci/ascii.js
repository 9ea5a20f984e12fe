/**
 * A rolldown plugin for the build: what is not ASCII is written as an escape (`\u2026`). One such character makes V8 hold a
 * whole file of code as two bytes a character, and Node read it by a slower way: `status` began 2 ms later for the dots of
 * ten messages. Figures: docs/performance.md.
 */

/**
 * The plugin. In what the bundler leaves, such characters stand in strings, templates and expressions, where an escape says
 * the same; one behind a backslash would change its meaning, and stops the build.
 *
 * @returns {import('rolldown').Plugin}
 */
export function ascii() {
  return {
    name: 'ascii',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle).filter(({ type }) => type === 'chunk')) {
        const escaped = inAscii(chunk.code)
        if (escaped !== chunk.code) chunk.code = escaped
      }
    },
  }
}

/** The same code in ASCII. @throws where a character stands behind a backslash */
export function inAscii(code) {
  const behind = /\\[^\0-\x7f]/.exec(code)
  if (behind !== null) throw new Error(`A character past ASCII stands behind a backslash: ${behind[0]}`)
  return code.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
