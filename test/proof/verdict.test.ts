/** The judge of the sweeps must be able to condemn: one sound trial of each kind, and each way in which it can be bad. */
import { describe, expect, test } from 'vitest'
import type { Scenario } from './scenarios.ts'
import type { Facts, Step } from './trial.ts'
import { judge } from './verdict.ts'

const POINT = { name: 'fsync', nth: 3, role: 'fsync /home', turn: 1 }
const WHOLE = 800

function scenario(server: 'none' | 'grace' | 'strict', action: Scenario['action'] = 'renew'): Scenario {
  return { action, marketplace: 'amazon', store: 'file', mode: { belief: server, server } }
}

const step = (token: string, next: string | null, more: Partial<Step> = {}): Step => ({
  command: 'renew',
  exit: next === null ? 3 : 0,
  code: next === null ? 'ANSWER_LOST' : null,
  outcome: null,
  presented: [{ token, next }],
  stderr: '',
  ...more,
})

/** A run that was killed after the answer, which had replaced `a` by `b`, was written down. */
const WRITTEN: Facts = {
  scenario: scenario('strict'),
  injection: { name: 'fsync', nth: 3, what: 'SIGKILL' },
  hit: POINT,
  seen: [],
  first: { exit: null, signal: 'SIGKILL', stdout: '', stderr: '', presented: [{ token: 'a', next: 'b' }] },
  arrival: { bytes: WHOLE, isWritten: true },
  stuck: [],
  leaks: [],
  after: { exit: 0, state: 'unconfirmed', stderr: '' },
  steps: [step('b', 'c'), step('c', 'd')],
  last: { exit: 0, state: 'ok', stderr: '' },
  temporary: 0,
  pasted: [],
}

const BEFORE: Facts = {
  ...WRITTEN,
  first: { ...WRITTEN.first, presented: [] },
  arrival: { bytes: 0, isWritten: false },
  steps: [step('a', 'b'), step('b', 'c')],
}
const IN_MEMORY: Facts = {
  ...WRITTEN,
  arrival: { bytes: WHOLE, isWritten: false },
  steps: [step('a', null), step('a', null)],
}
const ASKED: Facts = { ...IN_MEMORY, arrival: { bytes: 0, isWritten: false } }
const GRACE = { ...ASKED, scenario: scenario('grace'), steps: [step('a', 'c'), step('c', 'd')] }
const REFUSED: Facts = {
  ...WRITTEN,
  injection: { name: 'fsync', nth: 3, what: 'ENOSPC' },
  first: { ...WRITTEN.first, exit: 5, signal: null },
}
const PASTED: Facts = {
  ...WRITTEN,
  scenario: scenario('none', 'set-amazon'),
  first: { ...WRITTEN.first, presented: [{ token: 'p', next: 'p' }] },
  steps: [step('p', 'p'), step('p', 'p')],
  pasted: ['p'],
}
const SPENT: Facts = {
  ...PASTED,
  scenario: scenario('strict', 'set-amazon'),
  first: { ...WRITTEN.first, presented: [{ token: 'p', next: 'q' }] },
  arrival: IN_MEMORY.arrival,
  steps: [step('p', null), step('o', 'r'), step('p', null), step('r', 's')],
  pasted: ['p', 'q'],
}
/** The first try was cut off; the person consented once more. */
const CONSENTED: Facts = {
  ...WRITTEN,
  scenario: scenario('strict', 'login'),
  first: { ...WRITTEN.first, presented: [{ token: 'code', next: 'n' }] },
  arrival: IN_MEMORY.arrival,
  after: { ...WRITTEN.after, state: 'ok' },
  steps: [step('a', 'b'), step('b', 'c'), step('code-2', 'm'), step('m', 'o')],
  pasted: ['code', 'n', 'code-2', 'm', 'o'],
}

describe('sound', () => {
  test.each([
    ['killed before', BEFORE, 'before'],
    ['killed while it waited', ASKED, 'asked'],
    ['the same with a grace', GRACE, 'asked'],
    ['killed with the answer in memory', IN_MEMORY, 'in memory'],
    ['killed after', WRITTEN, 'written'],
    ['refused by the disk', REFUSED, 'written'],
    ['pasted', PASTED, 'written'],
    ['pasted, and spent by the answer that was lost: the one before is in use', SPENT, 'in memory'],
    [
      'consented',
      {
        ...CONSENTED,
        arrival: WRITTEN.arrival,
        steps: [step('n', 'o'), step('o', 'p')],
        pasted: ['code', 'n', 'o', 'p'],
      },
      'written',
    ],
    ['consented, and the answer lost: the one before is in use', CONSENTED, 'in memory'],
    ['never there', { ...BEFORE, hit: null }, 'not reached'],
  ] as const)('%s', (_, facts, where) => {
    expect(judge(facts, WHOLE)).toMatchObject({ where, broken: [] })
  })
})

describe('broken', () => {
  const stack = 'Error: no\n    at run (main.cjs:1:2)'
  test.each<[string, Facts, readonly string[]]>([
    ['the old token is presented', { ...WRITTEN, steps: [step('a', null)] }, ['token lost', 'not recovered']],
    [
      'the old token is presented, and taken for a while',
      { ...WRITTEN, scenario: scenario('grace'), steps: [step('a', 'c')] },
      ['token lost'],
    ],
    ['nothing was presented ever', { ...WRITTEN, steps: [] }, ['token lost', 'not recovered']],
    [
      'lost where a grace would have given it back',
      { ...GRACE, steps: [step('a', null)] },
      ['token lost', 'not recovered'],
    ],
    [
      'a loss that is called a refusal',
      { ...ASKED, steps: [step('a', null, { code: 'GRANT_REJECTED' })] },
      ['misreported'],
    ],
    ['a loss with the wrong exit', { ...ASKED, steps: [step('a', null, { exit: 5 })] }, ['misreported']],
    ['a status that knows of nothing', { ...GRACE, after: { ...GRACE.after, state: 'ok' } }, ['misreported']],
    ['a record that cannot be read', { ...WRITTEN, after: { ...WRITTEN.after, exit: 5 } }, ['torn record']],
    [
      'one that cannot be read at the end',
      { ...WRITTEN, last: { ...WRITTEN.last, exit: 5 } },
      ['torn record'],
    ],
    ['a lock that is held', { ...WRITTEN, stuck: ['/lock'] }, ['stuck lock']],
    ['a token in a file', { ...WRITTEN, leaks: ['/file'] }, ['secret in the clear']],
    ['our bug', { ...REFUSED, first: { ...REFUSED.first, exit: 1 } }, ['wrong exit']],
    ['a death by signal', { ...REFUSED, first: { ...REFUSED.first, exit: null } }, ['wrong exit']],
    ['a stack', { ...REFUSED, first: { ...REFUSED.first, stderr: stack } }, ['wrong exit']],
    [
      'our bug in the next run',
      { ...BEFORE, steps: [step('a', 'b', { exit: 1 }), step('b', 'c')] },
      ['not recovered', 'wrong exit'],
    ],
    [
      'a single error that costs the token',
      { ...REFUSED, arrival: IN_MEMORY.arrival, steps: [step('a', null)] },
      ['token lost', 'not recovered'],
    ],
    [
      'a pasted token that is spent and costs the one before it',
      { ...SPENT, steps: [step('p', null), step('o', null)] },
      ['token lost'],
    ],
    [
      'a pasted token whose answer was lost, called refused',
      { ...SPENT, steps: [step('p', null, { code: 'GRANT_REJECTED' }), ...SPENT.steps.slice(1)] },
      ['misreported'],
    ],
    [
      'a consent whose answer was written, and the token before it is presented',
      { ...CONSENTED, arrival: WRITTEN.arrival },
      ['token lost'],
    ],
    [
      'a consent that costs the token before it',
      { ...CONSENTED, steps: [step('a', null), ...CONSENTED.steps.slice(1)] },
      ['not recovered'],
    ],
    ['a consent that never comes', { ...CONSENTED, steps: CONSENTED.steps.slice(0, 2) }, ['token lost']],
    [
      'a code that was lost, taken for the token',
      { ...CONSENTED, after: { ...CONSENTED.after, state: 'unconfirmed' } },
      ['misreported'],
    ],
    [
      'another than the pasted token in use',
      { ...PASTED, steps: [step('o', 'o'), step('o', 'o')] },
      ['token lost'],
    ],
  ])('%s', (_, facts, broken) => {
    expect(judge(facts, WHOLE).broken).toEqual(broken)
  })

  test('but an error that lasts, on a disk where nothing could be written, is no broken promise', () => {
    const lasting = { ...REFUSED.injection, onwards: true }
    const facts = { ...REFUSED, injection: lasting, arrival: IN_MEMORY.arrival, steps: [step('a', null)] }
    expect(judge(facts, WHOLE).broken).toEqual([])
  })
})
