/** The checker of races finds what was planted, and finds nothing in what is sound. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RaceEvent } from './race-event.ts'
import { checkRace } from './race-history.ts'

const OPTIONS = { saveWithinMs: 1000 }
const A = 'ebay:a'

/** An event without its time. */
type Bare = RaceEvent extends infer Each ? (Each extends RaceEvent ? Omit<Each, 'at'> : never) : never

const history = (events: readonly Bare[]): readonly RaceEvent[] =>
  events.map((event, at) => ({ ...event, at: at * 10 }) as RaceEvent)
const check = (...events: readonly Bare[]) => checkRace(history(events), OPTIONS)

const start = (run: number): Bare => ({ type: 'start', run })
const end = (run: number, status: number | null = 0): Bare => ({ type: 'end', run, status })
const kill = (run: number): Bare => ({ type: 'kill', run })
const present = (run: number | null, token: number, accepted = true): Bare => ({
  type: 'present',
  run,
  account: A,
  token,
  accepted,
})
const delivered = (run: number | null): Bare => ({ type: 'delivered', run, account: A })
const result = (run: number, outcome: string, code: string | null = null): Bare => ({
  type: 'result',
  run,
  account: A,
  outcome,
  code,
})
const stored = (generation: number | null): Bare => ({ type: 'stored', account: A, generation })
const reseed = (token: number): Bare => ({ type: 'reseed', account: A, token })
const consent = (token: number): Bare => ({ type: 'consent', account: A, token })

/** A run that nothing happens to. */
const sound = (run: number, token: number): readonly Bare[] => [
  start(run),
  present(run, token),
  delivered(run),
  result(run, 'renewed'),
  end(run),
  stored(token + 1),
]
/** The same, with nobody looking at the record. */
const accepted = (run: number, token: number): readonly Bare[] => sound(run, token).slice(0, -1)
/** A run that is killed with its answer in hand. */
const killed = (run: number, token: number): readonly Bare[] => [
  start(run),
  present(run, token),
  delivered(run),
  kill(run),
  end(run, null),
]

describe('what is sound', () => {
  it.each<[string, readonly Bare[], object]>([
    ['run after run', [...sound(1, 0), ...sound(2, 1)], { runs: 2, accepted: 2, presentedAgain: 0 }],
    [
      'another that came too late, and one that could not wait',
      [
        start(2),
        start(3),
        ...sound(1, 0),
        result(2, 'fresh'),
        end(2),
        result(3, 'failed', 'LOCK_HELD'),
        end(3, 4),
      ],
      { runs: 3, accepted: 1, lockHeld: 1 },
    ],
    [
      'a kill whose answer the next run finds',
      [...killed(1, 0), start(2), result(2, 'renewed'), end(2), ...sound(3, 1)],
      { kills: 1, recovered: 1, lostAnswered: 0 },
    ],
    [
      'a kill after which the token is presented again, refused, and brought in anew',
      [
        ...killed(1, 0),
        start(2),
        present(2, 0, false),
        result(2, 'failed', 'ANSWER_LOST'),
        end(2, 3),
        start(3),
        present(3, 0, false),
        result(3, 'failed', 'GRANT_REJECTED'),
        end(3, 3),
        reseed(2),
        ...sound(4, 2),
      ],
      { kills: 1, presentedAgain: 2, lostAnswered: 1, longestUnsavedMs: 10 },
    ],
    [
      'the same before any answer, by one who was gone before he could be told',
      [present(null, 0), start(2), present(2, 0, false), result(2, 'failed', 'ANSWER_LOST'), end(2, 3)],
      { lostUnanswered: 1 },
    ],
    [
      "a run that finishes another's renewal, and says so when a third has gone on from it",
      [
        ...killed(1, 0),
        start(2),
        start(3),
        present(3, 1),
        result(3, 'renewed'),
        end(3),
        result(2, 'renewed'),
        end(2),
      ],
      { kills: 1, accepted: 2, recovered: 1 },
    ],
    [
      'a new consent that is brought in while the one before it works, told after its first use',
      [consent(1), ...sound(1, 0), ...sound(2, 2), ...accepted(3, 1), reseed(1)],
      { accepted: 3 },
    ],
    [
      'a loss that is told when the new consent is there already',
      [
        ...killed(1, 0),
        start(2),
        present(2, 0, false),
        start(3),
        present(3, 0, false),
        result(3, 'failed', 'GRANT_REJECTED'),
        end(3, 3),
        reseed(2),
        ...sound(4, 2),
        result(2, 'failed', 'ANSWER_LOST'),
        end(2, 3),
      ],
      { lostAnswered: 1 },
    ],
    [
      'a run that stood still for long with its answer, and was killed so',
      [
        start(1),
        present(1, 0),
        delivered(1),
        { type: 'stop', run: 1 },
        ...Array.from({ length: 200 }, () => stored(0)),
        kill(1),
        end(1, null),
        start(2),
        present(2, 0, false),
        result(2, 'failed', 'ANSWER_LOST'),
        end(2, 3),
      ],
      { stops: 1, lostAnswered: 1, longestUnsavedMs: 10 },
    ],
  ])('%s', (_, events, figures) => {
    const verdict = check(...events)
    expect(verdict.violations).toEqual([])
    expect(verdict.figures).toMatchObject(figures)
  })
})

describe('what was planted', () => {
  it.each<[string, readonly Bare[], RegExp]>([
    [
      'a token presented twice, and nobody killed',
      [...sound(1, 0), start(2), present(2, 0, false), result(2, 'fresh'), end(2)],
      /run 2 presented token 0 of ebay:a, which run 1 had presented/,
    ],
    [
      'a token presented by two at once',
      [
        start(1),
        start(2),
        present(1, 0),
        present(2, 0),
        result(1, 'renewed'),
        end(1),
        result(2, 'renewed'),
        end(2),
      ],
      /run 2 presented token 0/,
    ],
    [
      'a kill of another than the presenter',
      [start(9), kill(9), end(9, null), ...sound(1, 0), start(2), present(2, 0, false), end(2)],
      /nobody killed that run/,
    ],
    ['a generation that goes back', [...sound(1, 0), stored(0)], /back from generation 1 to 0/],
    ['a record that is torn', [stored(null)], /could not be read/],
    [
      'an account lost without a kill',
      [...sound(1, 0), start(2), present(2, 1, false), result(2, 'failed', 'ANSWER_LOST'), end(2, 3)],
      /no killed run/,
    ],
    [
      'an answer that was not saved in time',
      [
        start(1),
        present(1, 0),
        delivered(1),
        ...Array.from({ length: 200 }, () => stored(0)),
        kill(1),
        end(1, null),
        start(2),
        result(2, 'failed', 'ANSWER_LOST'),
        end(2, 3),
      ],
      /run 1 had the answer, and ran 2010 ms more/,
    ],
    [
      'a refusal that does not say what was lost',
      [...killed(1, 0), start(2), present(2, 0, false), result(2, 'failed', 'GRANT_REJECTED'), end(2, 3)],
      /said GRANT_REJECTED/,
    ],
    [
      'a renewal that nobody accepted',
      [...sound(1, 0), start(2), result(2, 'renewed'), end(2)],
      /neither it nor a killed run was accepted/,
    ],
    [
      'one interrupted renewal that two finish',
      [...killed(1, 0), start(2), start(3), result(2, 'renewed'), end(2), result(3, 'renewed'), end(3)],
      /run 3 said renewed/,
    ],
    [
      'a renewal from what was long gone on from',
      [...killed(1, 0), ...sound(2, 1), start(3), result(3, 'renewed'), end(3)],
      /run 3 said renewed/,
    ],
    ['a fresh one that asked', [start(1), present(1, 0), result(1, 'fresh'), end(1)], /having presented/],
    [
      'the token of a consent that was replaced',
      [reseed(5), start(1), present(1, 4, false), end(1)],
      /where 5 is in force/,
    ],
    [
      'a token that another consent outran, and which no consent brought',
      [...sound(1, 0), ...sound(2, 2), ...accepted(3, 1)],
      /presented token 1 of .*, where 3 is in force/,
    ],
    [
      "a consent's first token, once more",
      [consent(1), ...sound(1, 1), ...sound(2, 2), ...accepted(3, 1)],
      /nobody killed that run/,
    ],
    ['a run that never ends', [start(1)], /run 1 never ended/],
    ['a fault of the program', [start(1), end(1, 1)], /ended with 1/],
    [
      'a store that failed',
      [start(1), result(1, 'failed', 'RECORD_UNREADABLE'), end(1, 5)],
      /RECORD_UNREADABLE/,
    ],
    ['a run that somebody else ended', [start(1), end(1, null)], /ended with null/],
  ])('%s', (_, events, says) => {
    expect(check(...events).violations.join('\n')).toMatch(says)
  })

  it('a token presented a second time is found wherever it is planted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), fc.nat(), (length, which, where) => {
        const tokens = Array.from({ length }, (_, token) => token)
        const token = which % length
        // After the run that presented it, at the latest at the end.
        const after = token + (where % (length - token))
        const events = tokens.flatMap(each => [
          ...sound(each, each),
          ...(each === after ? [start(1000), present(1000, token, false), end(1000)] : []),
        ])
        expect(check(...events).violations).toHaveLength(1)
      }),
    )
  })
})
