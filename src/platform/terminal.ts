/**
 * The screen and standard input: what they are (a terminal or not, how wide, coloured or not), and the only way
 * text gets onto them (I4: results by `out`, everything else by `err`). Text from a vendor or a file must be made
 * harmless before it comes here: `cli/render/safe-text.ts`.
 */
import { systemCode, TokenctlError } from '../errors.ts'
import type { DirectOutput } from './direct-output.ts'
import { writeWhole } from './whole-output.ts'

export interface Terminal {
  /** Writes to standard output, byte for byte. Nothing happens when its reader has gone. */
  out(text: string): void
  /**
   * Writes a piece of a long result as `out` does, and comes back when it is on its way, so that no more than a piece waits
   * here for a slow reader.
   *
   * @returns false when it did not get there: its reader has gone (or the disk is full), and the rest need not be made.
   */
  pour(text: string): Promise<boolean>
  /**
   * Writes what the command was called for to standard output, and comes back when all of it is there. Here a reader that
   * has gone is a failure, too.
   *
   * @param lost what is said where it did not get there: `No copy was made`, and the mend.
   * @throws {WRITE_FAILED}
   */
  deliver(text: string, lost: LostWords): Promise<void>
  /** Writes to standard error, byte for byte. Nothing happens when its reader has gone. */
  err(text: string): void
  /**
   * Why results that were written did not arrive (a full disk, say): WRITE_FAILED, for `main` to end with. Undefined
   * when all is well, and when the reader has merely left (of what is delivered that is a failure).
   */
  readonly outFailure: TokenctlError | undefined
  /** Whether a person can be asked: standard input and standard error are terminals. */
  readonly isInteractive: boolean
  readonly outIsTerminal: boolean
  /** The width of standard output in columns; 80 where it is no terminal or does not say. */
  readonly columns: number
  /** Whether standard output takes colours. */
  readonly colour: boolean
  /** Whether standard error takes colours. */
  readonly errColour: boolean
  /**
   * All of standard input, to its end, as text. At a terminal it first says on standard error that `awaited` is
   * awaited and how to end it.
   *
   * @throws {USAGE} when it is longer than `limitBytes` (1 MiB), is no UTF-8, or cannot be read.
   */
  readStdin(awaited: string, limitBytes?: number): Promise<string>
  /**
   * The same as bytes, whatever they are.
   *
   * @throws {USAGE} when it is longer than `limitBytes`, or cannot be read.
   */
  readStdinBytes(awaited: string, limitBytes: number): Promise<Uint8Array>
}

/** What to say where the output that a command is called for was lost. */
export interface LostWords {
  /** What has not happened, the begin of a sentence: `No copy was made`. */
  readonly what: string
  /** The mend, whole sentences. */
  readonly fix: string
}

/** What is asked of a stream to show text on; `process.stdout` has it. */
export interface OutStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly fd?: number
  write(text: string | Uint8Array, done?: (error?: Error | null) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** What is asked of a stream to read from; `process.stdin` has it. */
export interface InStream extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean
}

/** The parts of `process` that a terminal is made of. Each is looked at when it is needed, and not before. */
export interface Streams {
  readonly stdin: InStream
  readonly stdout: OutStream
  readonly stderr: OutStream
}

type Env = Readonly<Record<string, string | undefined>>

const MEBIBYTE = 1024 * 1024

/** The ways past the streams, where there are any. */
export interface DirectOutputs {
  readonly out?: DirectOutput
  readonly err?: DirectOutput
}

/** The terminal over these streams; colours by `env` (FORCE_COLOR, NO_COLOR, TERM). */
export function createTerminal(streams: Streams, env: Env, direct: DirectOutputs = {}): Terminal {
  const out = createWriter(() => streams.stdout, direct.out)
  const err = createWriter(() => streams.stderr, direct.err)
  // What can be told of the descriptor is not asked of the stream, which would be made for it.
  const outIsTerminal = () => direct.out?.isNoTerminal !== true && streams.stdout.isTTY === true
  const errIsTerminal = () => direct.err?.isNoTerminal !== true && streams.stderr.isTTY === true
  const readBytes = async (awaited: string, limitBytes: number) => {
    if (streams.stdin.isTTY === true) err.write(`Waiting for ${awaited} on standard input; Ctrl-D ends it.\n`)
    return await readAll(streams.stdin, awaited, limitBytes)
  }
  return {
    out: out.write,
    pour: out.pour,
    deliver: out.deliver,
    err: err.write,
    get outFailure() {
      return out.failure()
    },
    get isInteractive() {
      return errIsTerminal() && streams.stdin.isTTY === true
    },
    get outIsTerminal() {
      return outIsTerminal()
    },
    get columns() {
      // Some pseudo-terminals report 0 columns.
      return (direct.out?.isNoTerminal !== true && streams.stdout.columns) || 80
    },
    get colour() {
      return wantsColour(outIsTerminal(), env)
    },
    get errColour() {
      return wantsColour(errIsTerminal(), env)
    },
    readStdin: async (awaited, limitBytes = MEBIBYTE) =>
      decode(await readBytes(awaited, limitBytes), awaited),
    readStdinBytes: readBytes,
  }
}

/**
 * Whether to colour. FORCE_COLOR decides when it is set (`0` and `false` mean no), as Node itself has it; then
 * NO_COLOR when it is not empty (https://no-color.org); then TERM=dumb and the lack of a terminal forbid it.
 */
export function wantsColour(isTerminal: boolean, env: Env): boolean {
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  const forbidden = env['NO_COLOR']
  if (forbidden !== undefined && forbidden !== '') return false
  return isTerminal && env['TERM'] !== 'dumb'
}

// `tokenctl status | head -1` closes our output while we write. That is no failure, and above all no reason to stop
// a renewal half way (I1): the rest is written nowhere, and the program ends by itself with its own status. A disk
// that is full stops nothing half way either, but must not pass as a success.
const READER_GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET', 'EOF'])

interface Writer {
  write(text: string): void
  pour(text: string): Promise<boolean>
  deliver(text: string, lost: LostWords): Promise<void>
  failure(): TokenctlError | undefined
}

function createWriter(stream: () => OutStream, direct: DirectOutput | undefined): Writer {
  let isWatched = false
  let broken: Error | undefined
  let lost: TokenctlError | undefined
  const watched = () => {
    const target = stream()
    if (!isWatched) {
      isWatched = true
      target.on('error', error => {
        broken ??= error
      })
    }
    return target
  }
  /** What of a text is left for the stream. After the first time it gets all: what it holds comes before what is next. */
  const left = (text: string): string | Uint8Array | undefined => {
    if (direct === undefined || isWatched) return text
    try {
      return direct.write(text)
    } catch (error) {
      if (!(error instanceof Error) || systemCode(error) === undefined) throw error
      broken = error
      return undefined
    }
  }
  return {
    write(text) {
      const rest = broken === undefined ? left(text) : undefined
      if (rest !== undefined) watched().write(rest)
    },
    async pour(text) {
      const rest = broken === undefined ? left(text) : undefined
      if (rest === undefined) return broken === undefined
      return await new Promise<boolean>(resolve => {
        watched().write(rest, error => resolve(error == null))
      })
    },
    async deliver(text, words) {
      try {
        if (broken !== undefined) throw broken
        await writeWhole(watched(), text)
      } catch (error) {
        broken ??= error instanceof Error ? error : new Error('unknown')
        lost = notDelivered(words, broken)
        throw lost
      }
    },
    failure() {
      if (lost !== undefined) return lost
      const readerLeft = broken === undefined || READER_GONE.has(systemCode(broken) ?? '')
      return readerLeft ? undefined : notWritten(broken)
    },
  }
}

function notWritten(error: Error | undefined): TokenctlError {
  return new TokenctlError('WRITE_FAILED', `The output could not be written (${systemCode(error) ?? '?'}).`, {
    fix: 'What the command did is done and stored; only the text that tells of it was lost.',
  })
}

function notDelivered({ what, fix }: LostWords, error: Error): TokenctlError {
  const code = systemCode(error) ?? '?'
  const why = READER_GONE.has(code)
    ? 'what read the output has gone'
    : code === 'EBADF'
      ? 'standard output is closed, or leads nowhere'
      : 'the output could not be written'
  return new TokenctlError('WRITE_FAILED', `${what}: ${why} (${code}).`, { fix, cause: error })
}

async function readAll(stdin: InStream, awaited: string, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of stdin) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      length += bytes.byteLength
      if (length > limitBytes) break
      chunks.push(bytes)
    }
  } catch (error) {
    const code = systemCode(error)
    throw new TokenctlError(
      'USAGE',
      `Standard input, where ${awaited} should be, cannot be read (${code}).`,
      {
        fix: 'Send it by a pipe or from a file: `… < file`.',
      },
    )
  }
  if (length <= limitBytes) return Buffer.concat(chunks)
  throw new TokenctlError('USAGE', `Standard input is longer than ${limitBytes} bytes.`, {
    fix: `Nothing was changed. ${awaited} is what is awaited there; check what was sent.`,
  })
}

function decode(bytes: Uint8Array, awaited: string): string {
  try {
    // The byte order mark that Windows editors add is dropped.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // The decoder's own error says nothing but that; where it is would quote what may be a secret.
    throw new TokenctlError('USAGE', `Standard input, where ${awaited} should be, is not UTF-8 text.`, {
      fix: 'Save it as UTF-8 (on Windows, not as "Unicode") and send it again.',
    })
  }
}
