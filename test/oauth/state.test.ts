/** The state of a consent: never the same twice, and only the same text is an answer to it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAnswerTo, newState } from '../../src/oauth/state.ts'
import { Secret } from '../../src/tokens/secret.ts'

test('is 256 bits that no encoding changes, and another each time', () => {
  const states = Array.from({ length: 1000 }, () => newState().reveal())
  for (const state of states) expect(state).toMatch(/^[\w-]{43}$/)
  expect(new Set(states).size).toBe(1000)
})

test('only the same text answers it', () => {
  const state = newState()
  expect(isAnswerTo(state, new Map([['state', state.reveal()]]))).toBe(true)
  for (const wrong of ['', state.reveal().slice(1), `${state.reveal()} `, state.reveal().toLowerCase()])
    expect(isAnswerTo(state, new Map([['state', wrong]]))).toBe(false)
  expect(isAnswerTo(state, new Map([['code', state.reveal()]]))).toBe(false)
})

test('whatever the texts are', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (asked, given) => {
      expect(isAnswerTo(new Secret(asked), new Map([['state', given]]))).toBe(asked === given)
    }),
  )
})
