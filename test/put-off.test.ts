/** What the build does to chunks that are loaded at their first use, and to characters past ASCII. */
import { expect, test } from 'vitest'

// Through an address: what the build is made of has no types.
const ci = (name: string) => import(new URL(`../.ci/${name}.js`, import.meta.url).href)
const { inAscii } = (await ci('ascii')) as { inAscii: (code: string) => string }
const { loadedLate } = (await ci('put-off')) as {
  loadedLate: (chunks: readonly string[]) => (code: string) => string
}

const late = loadedLate(['later'])

/** Runs code that requires `./later-00000000.cjs`; says in which order things happened. */
function run(code: string): readonly string[] {
  const said: string[] = []
  class Part {
    readonly name = 'made'
  }
  const later = { Part, rooms: { Part }, say: (text: string) => said.push(text) }
  const require = (name: string) => {
    said.push(name)
    return later
  }
  new Function('require', 'said', late(code))(require, said)
  return said
}

test('a chunk is loaded by what uses it first, and once', () => {
  const code = `const require_later = require("./later-00000000.cjs");
const say = text => (0, require_later.say)(text);
said.push('begin');
say('one'); require_later.say('two');`
  expect(run(code)).toEqual(['begin', './later-00000000.cjs', 'one', 'two'])
})

test('what is made of its classes is of them', () => {
  const code = `let require_later = require("./later-00000000.cjs");
const made = () => [new require_later.Part().name, new require_later.rooms.Part().name, new require_later.Part() instanceof require_later.Part];
said.push('begin');
said.push(...made().map(String));`
  expect(run(code)).toEqual(['begin', './later-00000000.cjs', 'made', 'made', 'true'])
})

test('what is spread into something else is of it too', () => {
  const code = `const require_later = require("./later-00000000.cjs");
const all = () => ({ ...require_later.rooms, last: [...require_later.say.name] });
said.push('begin');
said.push(Object.keys(all()).join());`
  expect(run(code)).toEqual(['begin', './later-00000000.cjs', 'Part,last'])
})

test('a part of something else that is called the same is left alone', () => {
  const code = `const require_later = require("./later-00000000.cjs");
const it = { require_later: { say: text => said.push('its ' + text) } };
it.require_later.say('own');`
  expect(run(code)).toEqual(['its own'])
})

test('a use that is not foreseen stops the build', () => {
  const code = `const require_later = require("./later-00000000.cjs");
const all = { ...require_later };`
  expect(() => late(code)).toThrow(/not foreseen: require_later }/)
})

test('other chunks are loaded as ever', () => {
  const code = `const require_base = require("./base-00000000.cjs");
require_base.say('x');`
  expect(late(code)).toBe(code)
})

test('text in ASCII is the same text', () => {
  const code = "['…', `ü ${1}€`, /[–😀]/u.source, '\\\\', '\\n']"
  const escaped = inAscii(code)
  expect(escaped).toMatch(/^[\0-\x7f]*$/)
  const value = (text: string) => new Function(`return ${text}`)() as readonly string[]
  const [dots, words, expression, ...rest] = value(escaped)
  expect([dots, words, ...rest]).toEqual(['…', 'ü 1€', '\\', '\n'])
  expect(new RegExp(expression ?? '', 'u').test('😀')).toBe(true)
})

test('a character behind a backslash stops the build', () => {
  expect(() => inAscii("'\\ü'")).toThrow('behind a backslash')
})
