/** What the build makes of the bundler's code between modules: built-in modules as they are, helpers where they are called. */
import { expect, test } from 'vitest'

// Through an address: what the build is made of has no types.
const { lightly } = (await import(new URL('../.ci/light-interop.js', import.meta.url).href)) as {
  lightly: (code: string) => string
}

/** Runs code; the bundler's own helpers, which it may not call as it is loaded, throw. */
function run(code: string): { readonly said: readonly unknown[]; readonly light: string } {
  const said: unknown[] = []
  const builtIn = { join: (...parts: string[]) => parts.join('/'), sep: '/' }
  const light = lightly(code)
  const runtime = new Proxy({}, { get: (_, name) => () => said.push(`helper ${String(name)}`) })
  new Function('require', 'said', light)(
    (name: string) => (name.startsWith('node:') ? builtIn : runtime),
    said,
  )
  return { said, light }
}

const RUNTIME = 'const require_rolldown_runtime = require("./rolldown-runtime-00000000.cjs");\n'

test('a built-in module is itself, by name and as a default, and its parts are looked up at each call', () => {
  const { said, light } = run(
    `${RUNTIME}let node_path = require("node:path");
node_path = require_rolldown_runtime.r(node_path, 1);
const both = (0, node_path.join)("a", "b") + node_path.default.sep;
require("node:path").join = () => "changed";
said.push(both, (0, node_path.join)("a"), other.node_path.default);
`.replace('other.node_path.default', '({ node_path: { default: "kept" } }).node_path.default'),
  )
  expect(said).toEqual(['a/b/', 'changed', 'kept'])
  expect(light).not.toContain('require_rolldown_runtime.r(')
})

test('a built-in module that is asked for later is itself, but where its default is taken', () => {
  const later = (parts: string) =>
    `const ${parts} = await Promise.resolve().then(() => /* @__PURE__ */ require_rolldown_runtime.r(require("node:path"), 1));`
  expect(lightly(later('{ join }'))).toBe(
    'const { join } = await Promise.resolve().then(() => require("node:path"));',
  )
  expect(lightly(later('{ default: path }'))).toBe(later('{ default: path }'))
})

test('a namespace tells what stands in the module then, and is one', () => {
  const { said } =
    run(`${RUNTIME}var part_exports = /* @__PURE__ */ require_rolldown_runtime.t({ part: () => part, other: () => 1 });
var part_exports$1 = /* @__PURE__ */ require_rolldown_runtime.t({ part: () => part });
let part = "first";
said.push(part_exports.part, Object.keys(part_exports).join(), Object.prototype.toString.call(part_exports$1));
part = "later";
said.push(part_exports$1.part);`)
  expect(said).toEqual(['first', 'part,other', '[object Module]', 'later'])
})

test('a CommonJS module is run at its first use, once', () => {
  const { said } =
    run(`${RUNTIME}var require_argument = /* @__PURE__ */ require_rolldown_runtime.n(((exports) => {
	said.push("run"); exports.made = 1;
}));
var require_whole = /* @__PURE__ */ require_rolldown_runtime.n(((exports, module) => { module.exports = "whole"; }));
said.push("begin", require_argument().made, require_argument() === require_argument(), require_whole());`)
  expect(said).toEqual(['run', 'begin', 1, true, 'whole'])
})

test('a CommonJS module of which only the default is taken is that default', () => {
  const taken = 'var import_whole = /* @__PURE__ */ require_rolldown_runtime.r(require_whole(), 1);'
  const { said } = run(
    `${RUNTIME}const require_whole = () => "whole";\n${taken}\nsaid.push(import_whole.default);`,
  )
  expect(said).toEqual(['whole'])
  expect(lightly(`${RUNTIME}${taken}\nsaid.push(import_whole.default, import_whole.part);`)).toContain(taken)
})

test('what else is the helpers’ stays theirs', () => {
  const { said, light } = run(
    `${RUNTIME}var import_commander = /* @__PURE__ */ require_rolldown_runtime.r({}, 1);`,
  )
  expect(said).toEqual(['helper r'])
  expect(light).toContain('require_rolldown_runtime.r({}, 1)')
})
