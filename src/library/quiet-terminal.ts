/** A terminal without a person: the library prints nothing, and what a command would tell on standard error is handed on. */
import { TokenctlError } from '../errors.ts'
import type { Terminal } from '../platform/terminal.ts'

/** The terminal that tells a caller, a sentence at a time. */
export function quietTerminal(onNote: (note: string) => void): Terminal {
  const nobody = () =>
    Promise.reject(new TokenctlError('ANSWER_MISSING', 'The library reads no standard input.'))
  return {
    out: () => {},
    pour: async () => true,
    deliver: async () => {},
    err: text => onNote(text.trim()),
    outFailure: undefined,
    isInteractive: false,
    outIsTerminal: false,
    columns: 80,
    colour: false,
    errColour: false,
    readStdin: nobody,
    readStdinBytes: nobody,
  }
}
