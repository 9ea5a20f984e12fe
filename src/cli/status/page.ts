/** A page in place of a screen: collects the results of a command that were asked for as a file. */
import type { Terminal } from '../../platform/terminal.ts'

export interface Page {
  /** What the command prints on: its results go to the page, everything else where it always goes. */
  readonly terminal: Terminal
  /** Everything that was printed. */
  text(): string
}

/** An empty page. A file has no width and no colours, whatever the terminal has and the environment forces. */
export function blankPage(terminal: Terminal): Page {
  const parts: string[] = []
  return {
    terminal: {
      out: text => void parts.push(text),
      pour: async text => {
        parts.push(text)
        return true
      },
      deliver: async text => void parts.push(text),
      err: text => terminal.err(text),
      outFailure: undefined,
      isInteractive: terminal.isInteractive,
      outIsTerminal: false,
      columns: 80,
      colour: false,
      errColour: terminal.errColour,
      readStdin: (awaited, limitBytes) => terminal.readStdin(awaited, limitBytes),
      readStdinBytes: (awaited, limitBytes) => terminal.readStdinBytes(awaited, limitBytes),
    },
    text: () => parts.join(''),
  }
}
