/** A screen for tests of what is drawn: remembers the text, is as wide and as colourful as one says. */
import type { Terminal } from '../../../src/platform/terminal.ts'

export interface TestScreen extends Terminal {
  readonly shown: { out: string; err: string }
}

/** A terminal of that width, without colours unless asked; `columns: 'pipe'` is no terminal at all. */
export function screen(columns: number | 'pipe' = 80, colour = false): TestScreen {
  const shown = { out: '', err: '' }
  return {
    shown,
    out: text => {
      shown.out += text
    },
    pour: async text => {
      shown.out += text
      return true
    },
    deliver: async text => {
      shown.out += text
    },
    err: text => {
      shown.err += text
    },
    outFailure: undefined,
    isInteractive: columns !== 'pipe',
    outIsTerminal: columns !== 'pipe',
    columns: columns === 'pipe' ? 80 : columns,
    colour,
    errColour: colour,
    readStdin: () => Promise.resolve(''),
    readStdinBytes: () => Promise.resolve(new Uint8Array()),
  }
}
