/**
 * A rolldown plugin for the command line's bundle: what the bundler puts between modules, without what it costs a start.
 * Around a built-in module it puts a copy with a getter for each of its parts, some hundred for `node:fs`; a built-in module
 * is its own default export, so the module itself does as well. Its own helpers are a file of their own, loaded for a few
 * lines; those that run as a chunk is loaded are written into it. Figures: docs/performance.md.
 */

const RUNTIME = 'require_rolldown_runtime'

/** A built-in module, and the copy that is made of it. */
const COPIED = new RegExp(
  `^let (\\w+) = require\\("(node:[\\w/]+)"\\);\\n\\1 = ${RUNTIME}\\.\\w+\\(\\1, 1\\);$`,
  'gm',
)

/** A built-in module that is asked for when it is needed, by a line that does not take its default. */
const COPIED_LATER = new RegExp(
  `^(?!.*\\bdefault\\b)(.*)/\\* @__PURE__ \\*/ ${RUNTIME}\\.\\w+\\(require\\("(node:[\\w/]+)"\\), 1\\)`,
  'gm',
)

/** A CommonJS module that is taken as a default export, by whoever takes nothing else of it. */
const DEFAULT_ONLY = new RegExp(
  `(var (import_\\w+) = (?:/\\* @__PURE__ \\*/ )?)${RUNTIME}\\.\\w+\\((require_\\w+\\(\\)), 1\\);`,
  'g',
)

/** The bundler's helpers that chunks call as they are loaded: how a call looks, since their names are shortened; what they do. */
const HELPERS = [
  {
    name: 'namespaceOf',
    call: new RegExp(`(var \\w+_exports(?:\\$\\d+)? = (?:/\\* @__PURE__ \\*/ )?)${RUNTIME}\\.\\w+\\(`, 'g'),
    // The namespace of a module: what asks for a part finds what stands in the module then.
    code: `(parts) => {
	const namespace = {};
	for (const name in parts) Object.defineProperty(namespace, name, { get: parts[name], enumerable: true });
	return Object.defineProperty(namespace, Symbol.toStringTag, { value: "Module" });
}`,
  },
  {
    name: 'commonJsOf',
    call: new RegExp(
      `(var require_\\w+ = (?:/\\* @__PURE__ \\*/ )?)${RUNTIME}\\.\\w+\\((?=\\(\\(?(?:exports|\\) ))`,
      'g',
    ),
    // A CommonJS module: run at its first use, once.
    code: `(run, module) => () => {
	if (module === undefined) run((module = { exports: {} }).exports, module);
	return module.exports;
}`,
  },
]

/**
 * The plugin. Put it before the one that puts chunks off, which finds the helpers' file left for functions alone.
 *
 * @param {{ chunks: readonly string[] }} options the names of the chunks that every start loads
 * @returns {import('rolldown').Plugin}
 */
export function lightInterop({ chunks }) {
  return {
    name: 'light-interop',
    renderChunk(code, { name }) {
      return chunks.includes(name) ? { code: lightly(code) } : null
    },
  }
}

/** A chunk's code with built-in modules as they are, and the helpers that it calls. */
export function lightly(code) {
  const builtIn = []
  let light = code.replace(COPIED, (_, name, module) => {
    builtIn.push(name)
    return `const ${name} = require("${module}");`
  })
  for (const name of builtIn) light = light.replace(new RegExp(`(?<![\\w$.])${name}\\.default\\b`, 'g'), name)
  light = light.replace(COPIED_LATER, '$1require("$2")')
  light = light.replace(DEFAULT_ONLY, (whole, begin, name, module) =>
    new RegExp(`(?<![\\w$.])${name}\\b(?!\\.default\\b| = )`).test(light)
      ? whole
      : `${begin}{ default: ${module} };`,
  )
  let own = ''
  for (const { name, call, code: its } of HELPERS) {
    const written = light.replace(call, `$1${name}(`)
    if (written !== light) own += `const ${name} = ${its};\n`
    light = written
  }
  return own + light
}
