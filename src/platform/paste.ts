/**
 * Makes what is pasted at a prompt one line. A token copied from a mail or a web page brings line ends and colour
 * codes with it; taken as keys, a line end in the middle would send off half a token and type the other half into
 * whatever asks next, in the worst case the shell and its history. Pure: text in, text out.
 */

/** Asks a terminal to mark what is pasted (bracketed paste), and to stop it. */
export const MARK_PASTES = '\x1b[?2004h'
export const LEAVE_PASTES = '\x1b[?2004l'

const BEGIN = '\x1b[200~'
const END = '\x1b[201~'

// Colour codes and the like (CSI), titles and links (OSC); then every control character that is left.
const SEQUENCES = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/g

// Where a terminal marks nothing, a line end with more behind it in the same piece of input was not typed by hand.
const LINE_END_INSIDE = /[\r\n]+(?=[^\r\n])/g

/** Takes input piece by piece, as a terminal sends it, and gives back the keys that are meant. */
export class PasteJoiner {
  #inPaste = false
  #held = ''

  /** The keys of this piece. Half a mark at its end is held back until the next one. */
  push(piece: string): string {
    let rest = this.#held + piece
    this.#held = ''
    let keys = ''
    for (;;) {
      const mark = this.#inPaste ? END : BEGIN
      const at = rest.indexOf(mark)
      if (at === -1) break
      keys += this.#clean(rest.slice(0, at))
      rest = rest.slice(at + mark.length)
      this.#inPaste = !this.#inPaste
    }
    const whole = rest.length - heldBack(rest, this.#inPaste)
    this.#held = rest.slice(whole)
    return keys + this.#clean(rest.slice(0, whole))
  }

  #clean(text: string): string {
    return this.#inPaste
      ? text.replace(SEQUENCES, '').replace(CONTROLS, '')
      : text.replace(LINE_END_INSIDE, '')
  }
}

/** How many characters at the end may begin a mark. Outside a paste a lone ESC is the Escape key, and goes through. */
function heldBack(text: string, inPaste: boolean): number {
  const mark = inPaste ? END : BEGIN
  for (let length = mark.length - 1; length > (inPaste ? 0 : 1); length -= 1)
    if (text.endsWith(mark.slice(0, length))) return length
  return 0
}
