/**
 * Questions to a person at a terminal, on standard error (I4). Where nobody can be asked, each is an error that
 * names what to give instead, and never waits (I6). inquirer is loaded with the first question and not before.
 * Question texts are shown as they are: make names from outside harmless first (`cli/render/safe-text.ts`).
 */
import { Writable } from 'node:stream'
import { QuestionWithdrawn, TokenctlError } from '../errors.ts'
import { Keyboard, type KeyboardEnd, type KeySource } from './keyboard.ts'
import { LEAVE_PASTES, MARK_PASTES } from './paste.ts'

/** What every question says besides its text. */
export interface Question {
  /** What an unattended run gives in place of an answer: `--stdin`, `--yes`, `the accounts by name`. */
  readonly insteadOf: string
  /** Takes the question back when it aborts: what was shown of it is wiped away, what was typed goes nowhere. */
  readonly signal?: AbortSignal
}

export interface TextQuestion extends Question {
  /** True, or why the answer will not do, as a sentence. Then it is asked again. */
  readonly validate?: (answer: string) => true | string | Promise<true | string>
}

export interface Choice<Value> {
  readonly value: Value
  readonly label: string
  readonly checked?: boolean
}

/**
 * Every call throws ANSWER_MISSING where nobody can be asked or the terminal goes away, CANCELLED on Ctrl-C and
 * Ctrl-D, USAGE when far more is pasted than any answer has, and QuestionWithdrawn when its signal aborts: at once where
 * it had aborted before, else a tenth of a second after the last key, with the terminal as it was before the question.
 */
export interface Prompt {
  /** An answer that is not shown, nor how long it is. What is pasted is made one line. */
  secret(text: string, question: TextQuestion): Promise<string>
  /** An answer that is shown; `byDefault` is taken when only Enter is pressed. */
  text(text: string, question: TextQuestion & { readonly byDefault?: string }): Promise<string>
  /** Yes or no; `byDefault` is taken when only Enter is pressed. */
  confirm(text: string, byDefault: boolean, question: Question): Promise<boolean>
  /** Which of the choices are ticked, in their order; none at all when there are none. */
  choose<Value>(text: string, choices: readonly Choice<Value>[], question: Question): Promise<Value[]>
  /** One of the choices, of which there is at least one. */
  pick<Value>(text: string, choices: readonly Choice<Value>[], question: Question): Promise<Value>
}

export interface PromptStreams {
  readonly stdin: KeySource
  readonly stderr: { readonly columns?: number; write(text: string): unknown }
}

type Env = Readonly<Record<string, string | undefined>>

/** The prompt over these streams; `terminal.isInteractive` is asked before every question. */
export function createPrompt(
  streams: () => PromptStreams,
  terminal: { readonly isInteractive: boolean },
  env: Env,
): Prompt {
  const ask = async (text: string, asked: Question, kind: Kind): Promise<unknown> => {
    if (!terminal.isInteractive) throw unanswered(text, asked)
    return askOnce({ text, asked, kind, streams: streams(), marksPastes: env['TERM'] !== 'dumb' })
  }
  const askUntilGood = async (text: string, asked: TextQuestion, kind: Kind): Promise<string> => {
    for (;;) {
      const answer = String(await ask(text, asked, kind))
      const verdict = asked.validate === undefined ? true : await asked.validate(answer)
      if (verdict === true) return answer
      // Not inquirer's own check: that keeps a wrong masked answer, so that the next paste is added to it unseen.
      streams().stderr.write(`${verdict}\n`)
    }
  }
  return {
    secret: (text, asked) =>
      askUntilGood(text, asked, { joins: true, type: 'password', mask: false, toggleMask: false }),
    text: (text, asked) =>
      askUntilGood(text, asked, {
        joins: true,
        type: 'input',
        ...(asked.byDefault === undefined ? {} : { default: asked.byDefault }),
      }),
    confirm: async (text, byDefault, asked) =>
      (await ask(text, asked, { joins: false, type: 'confirm', default: byDefault })) === true,
    async choose<Value>(text: string, choices: readonly Choice<Value>[], asked: Question) {
      if (choices.length === 0) return []
      const shown = choices.map(({ label, checked }, value) => ({ value, name: label, checked }))
      const ticked = await ask(text, asked, { joins: false, type: 'checkbox', choices: shown })
      return choices
        .filter((_, place) => Array.isArray(ticked) && ticked.includes(place))
        .map(({ value }) => value)
    },
    async pick<Value>(text: string, choices: readonly Choice<Value>[], asked: Question) {
      const shown = choices.map(({ label }, value) => ({ value, name: label }))
      const place = await ask(text, asked, { joins: false, type: 'select', choices: shown })
      const picked = choices[Number(place)]
      if (picked === undefined) throw unanswered(text, asked)
      return picked.value
    },
  }
}

/** inquirer's name for the kind of question, with what belongs to it. */
interface Kind {
  /** Whether what is pasted is made one line. */
  readonly joins: boolean
  readonly type: 'password' | 'input' | 'confirm' | 'checkbox' | 'select'
  readonly [option: string]: unknown
}

function unanswered(text: string, asked: Question): TokenctlError {
  return new TokenctlError('ANSWER_MISSING', `There is no terminal to ask at: ${text}`, {
    fix: `Run it at a terminal, or give ${asked.insteadOf}.`,
  })
}

interface Asking {
  readonly text: string
  readonly asked: Question
  readonly kind: Kind
  readonly streams: PromptStreams
  readonly marksPastes: boolean
}

async function askOnce({ text, asked, kind, streams, marksPastes }: Asking): Promise<unknown> {
  const { createPromptModule } = await import('inquirer')
  const { signal } = asked
  if (signal?.aborted === true) throw new QuestionWithdrawn()
  const { joins, ...question } = kind
  const stop = new AbortController()
  let end: KeyboardEnd | undefined
  const keyboard = new Keyboard(streams.stdin, joins, reason => {
    end ??= reason
    stop.abort()
  })
  const withdraw = () => keyboard.withdraw()
  signal?.addEventListener('abort', withdraw, { once: true })
  if (joins && marksPastes) streams.stderr.write(MARK_PASTES)
  try {
    const inquire = createPromptModule({
      input: keyboard,
      output: screenOver(streams.stderr),
      signal: stop.signal,
    })
    wipeWhere(inquire, question.type, () => end === 'withdrawn')
    const questions = [{ ...question, name: 'answer', message: text }] as unknown as Parameters<
      typeof inquire
    >[0]
    const answers: Readonly<Record<string, unknown>> = await inquire(questions)
    return answers['answer']
  } catch (error) {
    throw ending(end, error, text, asked)
  } finally {
    signal?.removeEventListener('abort', withdraw)
    if (joins && marksPastes) streams.stderr.write(LEAVE_PASTES)
    keyboard.release()
  }
}

type AskOne = (asked: unknown, context: object) => Promise<unknown>

/** The part of inquirer that holds how each kind of question is asked. */
interface Askers {
  readonly prompts: Readonly<Record<string, unknown>>
  registerPrompt(type: string, ask: AskOne): unknown
}

/**
 * Has inquirer wipe a question off the screen, in place of leaving it there, where `isWiped` says so when it ends.
 * inquirer looks at this option at that moment, but only a caller of the single prompt can give it one that changes.
 */
function wipeWhere(askers: Askers, type: Kind['type'], isWiped: () => boolean): void {
  const ask = askers.prompts[type] as AskOne
  askers.registerPrompt(type, (asked, context) =>
    ask(asked, Object.defineProperty({ ...context }, 'clearPromptOnDone', { get: isWiped })),
  )
}

/** What inquirer writes to: it ends its output with every answer, and standard error must outlive that. */
function screenOver(stderr: PromptStreams['stderr']): Writable {
  const screen = new Writable({
    decodeStrings: false,
    write(text: string | Uint8Array, _encoding, done) {
      stderr.write(typeof text === 'string' ? text : Buffer.from(text).toString())
      done()
    },
  })
  return Object.assign(screen, { isTTY: true, columns: stderr.columns || 80 })
}

function ending(end: KeyboardEnd | undefined, error: unknown, text: string, asked: Question): unknown {
  if (end === 'gone') return unanswered(text, asked)
  if (end === 'withdrawn') return new QuestionWithdrawn()
  if (end === 'too-long')
    return new TokenctlError('USAGE', 'Far more was pasted than an answer has; nothing was taken.', {
      fix: 'Copy the one value only, and paste it again.',
    })
  // inquirer's names for Ctrl-C and for our own stop.
  const isStop = error instanceof Error && /^(ExitPrompt|AbortPrompt|CancelPrompt)Error$/.test(error.name)
  return isStop
    ? new TokenctlError('CANCELLED', 'Stopped at the question; nothing was changed by it.')
    : error
}
