/**
 * Questions to a person, by inquirer, which is loaded at the first one. They go to standard error, so that results can
 * be piped. Where nobody is there to answer, a question is an error that names what to pass instead (I6): it never waits.
 */
import { systemCode, TokenctlError } from '../errors.ts'
import type { Terminal } from './terminal.ts'

export interface AskOptions {
  /** The option or command that answers without a person, for the error: `--stdin`. */
  readonly insteadOf: string
  /** What is wrong with an answer, in words that follow "It"; undefined when nothing is. */
  readonly validate?: (text: string) => string | undefined
}

export interface Choice {
  readonly value: string
  readonly label: string
  readonly checked?: boolean
}

/** Every method throws ANSWER_MISSING off a terminal, and CANCELLED when the person stops it. */
export interface Prompt {
  /** Typed or pasted without being shown, not even its length. */
  secret(question: string, options: AskOptions): Promise<string>
  text(question: string, options: AskOptions): Promise<string>
  confirm(question: string, byDefault: boolean, options: AskOptions): Promise<boolean>
  /** Any number of them. */
  choose(question: string, choices: readonly Choice[], options: AskOptions): Promise<readonly string[]>
  /** One of them. */
  pick(question: string, choices: readonly Choice[], options: AskOptions): Promise<string>
}

/** The streams that questions are asked on; a test brings its own. */
export interface PromptStreams {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

/** Prompts at this terminal. */
export function createPrompt(
  terminal: Pick<Terminal, 'isInteractive'>,
  streams: PromptStreams = { input: process.stdin, output: process.stderr },
): Prompt {
  const ask = async <T>(
    question: Readonly<Record<string, unknown>>,
    { insteadOf, validate }: AskOptions,
  ): Promise<T> => {
    const name = 'answer'
    if (!terminal.isInteractive) throw nobodyThere(String(question['message']), insteadOf)
    const { createPromptModule } = await import('inquirer')
    const check = validate === undefined ? {} : { validate: (text: string) => problemOf(text, validate) }
    try {
      const answers = await createPromptModule(streams)([{ name, ...question, ...check } as never])
      return (answers as Record<string, T>)[name] as T
    } catch (error) {
      throw stopped(error)
    }
  }
  return {
    secret: (message, options) => ask<string>({ type: 'password', message, mask: false }, options),
    text: (message, options) => ask<string>({ type: 'input', message }, options),
    confirm: (message, byDefault, options) =>
      ask<boolean>({ type: 'confirm', message, default: byDefault }, options),
    choose: (message, choices, options) =>
      ask<string[]>({ type: 'checkbox', message, choices: choices.map(asInquirer) }, options),
    pick: (message, choices, options) =>
      ask<string>({ type: 'select', message, choices: choices.map(asInquirer) }, options),
  }
}

function asInquirer({ value, label, checked }: Choice): Record<string, unknown> {
  return { value, name: label, ...(checked === undefined ? {} : { checked }) }
}

function problemOf(text: string, validate: (text: string) => string | undefined): true | string {
  const problem = validate(text)
  return problem === undefined ? true : `It ${problem}.`
}

function nobodyThere(question: string, insteadOf: string): TokenctlError {
  return new TokenctlError('ANSWER_MISSING', `Nobody is there to answer: ${question}`, {
    fix: `Give the answer by ${insteadOf}, or run it at a terminal.`,
  })
}

/** Ctrl-C and the end of input both end a question without an answer. */
function stopped(error: unknown): unknown {
  const names = ['ExitPromptError', 'AbortPromptError', 'CancelPromptError']
  const byPerson = error instanceof Error && names.includes(error.name)
  if (!byPerson && systemCode(error) !== 'ERR_USE_AFTER_CLOSE') return error
  return new TokenctlError('CANCELLED', 'Stopped.', { cause: error })
}
