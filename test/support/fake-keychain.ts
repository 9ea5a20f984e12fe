/** A keychain in memory behind the real helper's questions and answers. It runs the store's contract like the real one. */
import type { NoAnswer } from '../../src/platform/line-process.ts'
import type { HelperAnswer, HelperQuestion } from '../../src/vault/keychain-helper.ts'
import type { StartHelper } from '../../src/vault/keychain-items.ts'

export interface FakeKeychain {
  /** Values in base64, by the items' whole names. */
  readonly items: Map<string, string>
  /** Every question that was asked, in order. */
  readonly asked: HelperQuestion[]
  /** Called before each question; an answer given here stands in for the keychain's own. */
  interfere: (question: HelperQuestion) => HelperAnswer | { readonly failed: NoAnswer } | undefined
  readonly startHelper: StartHelper
  /** How many helpers were started. */
  started: number
}

export function fakeKeychain(): FakeKeychain {
  const items = new Map<string, string>()
  const fake: FakeKeychain = {
    items,
    asked: [],
    interfere: () => undefined,
    started: 0,
    startHelper: () => {
      fake.started++
      return {
        ask: async question => {
          const asked = question as HelperQuestion
          fake.asked.push(asked)
          const instead = fake.interfere(asked)
          if (instead !== undefined) return 'failed' in instead ? instead : { answer: instead }
          return { answer: answerFrom(items, asked) }
        },
        close: async () => {},
      }
    },
  }
  return fake
}

function answerFrom(items: Map<string, string>, question: HelperQuestion): HelperAnswer {
  const { op, account } = question
  if (op === 'set') {
    items.set(account, question.value)
    return { ok: true }
  }
  const value = items.get(account)
  if (value === undefined) return { none: true }
  if (op === 'get') return { ok: true, value }
  items.delete(account)
  return { ok: true }
}
