/** Questions over a keyboard and a screen that a test makes. */
import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { QuestionWithdrawn } from '../../src/errors.ts'
import { LONGEST_ANSWER } from '../../src/platform/keyboard.ts'
import { createPrompt, type Prompt } from '../../src/platform/prompt.ts'

class Keys extends EventEmitter {
  isTTY = true
  isRaw = false
  isPaused = false
  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw
  }
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  type(text: string): void {
    if (this.isPaused) throw new Error('typed into a stream that nobody reads')
    this.emit('data', Buffer.from(text))
  }
}

class Screen extends Writable {
  text = ''
  readonly #waiting: { wanted: string; seen: () => void }[] = []
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString()
    for (const { wanted, seen } of this.#waiting) if (this.text.includes(wanted)) seen()
    done()
  }
  /** Resolves once the text has been shown, from now on counted. */
  shows(wanted: string): Promise<void> {
    this.text = ''
    return new Promise(seen => this.#waiting.push({ wanted, seen }))
  }
}

function atTerminal(env: Record<string, string> = { TERM: 'xterm' }, isInteractive = true) {
  const keys = new Keys()
  const screen = new Screen()
  const prompt = createPrompt(() => ({ stdin: keys, stderr: screen }), { isInteractive }, env)
  return { keys, screen, prompt }
}

/** Where a cursor code leaves the cursor. */
const MOVES: Record<string, (row: number, column: number, count: number) => [row: number, column: number]> = {
  A: (row, column, count) => [Math.max(0, row - count), column],
  B: (row, column, count) => [row + count, column],
  C: (row, column, count) => [row, column + count],
  D: (row, column, count) => [row, Math.max(0, column - count)],
  G: (row, _, count) => [row, count - 1],
  '\n': row => [row + 1, 0],
  '\r': row => [row, 0],
}

/** What a terminal shows after these bytes, without the empty lines at the end: for the few codes that are in use. */
function shownAfter(bytes: string): string {
  const lines: string[] = []
  let [row, column] = [0, 0]
  for (const [, count = '', code = '', byte = ''] of bytes.matchAll(/\x1b\[([\d?]*)([A-Za-z])|([\s\S])/g)) {
    const move = MOVES[code || byte]
    if (move !== undefined) [row, column] = move(row, column, Number(count || 1))
    else if (code === 'K') lines[row] = ''
    else if (byte !== '') {
      const line = (lines[row] ?? '').padEnd(column)
      lines[row] = line.slice(0, column) + byte + line.slice(column + 1)
      column += 1
    } else if (!['m', 'h', 'l'].includes(code)) throw new Error(`a terminal code that is not read: ${code}`)
  }
  return Array.from(lines, line => line ?? '')
    .join('\n')
    .trimEnd()
}

/** Asks, waits until the question is on the screen, types, and gives the answer. */
async function answer<T>(
  at: ReturnType<typeof atTerminal>,
  ask: (prompt: Prompt) => Promise<T>,
  ...typed: string[]
): Promise<T> {
  const shown = at.screen.shows('Q?')
  const answered = ask(at.prompt)
  answered.catch(() => undefined)
  await Promise.race([shown, answered.then(() => undefined)])
  for (const text of typed) at.keys.type(text)
  return answered
}

const secret = (prompt: Prompt) => prompt.secret('Q?', { insteadOf: '--stdin' })

describe('a secret', () => {
  it('comes back as typed and is never on the screen, nor how long it is', async () => {
    const at = atTerminal()
    expect(await answer(at, secret, 'CNRY', '-1', '\r')).toBe('CNRY-1')
    expect(at.screen.text).not.toMatch(/C|N|R|Y-1|\*|•/)
  })

  it('is not shown on Ctrl-T either', async () => {
    const at = atTerminal()
    await answer(at, secret, 'CNRY', '\x14', '\r')
    expect(at.screen.text).not.toContain('CNRY')
  })

  it.each([
    ['marked', '\x1b[200~\r\nAtzr|a\r\nb\n\x1b[201~'],
    ['marked, with colours', '\x1b[200~\x1b[31mAtzr|ab\x1b[0m\x1b[201~'],
    ['unmarked', 'Atzr|a\nb'],
  ])('pasted with line ends (%s) is one line', async (_, pasted) => {
    expect(await answer(atTerminal(), secret, pasted, '\r')).toBe('Atzr|ab')
  })

  it('survives a letter split between two pieces', async () => {
    const at = atTerminal()
    const shown = at.screen.shows('Q?')
    const answered = secret(at.prompt)
    await shown
    at.keys.emit('data', Buffer.from([0xc3]))
    at.keys.emit('data', Buffer.from([0xbc, 0x0d]))
    expect(await answered).toBe('ü')
  })

  it('does not stop on Ctrl-Z, which is no part of it either', async () => {
    expect(await answer(atTerminal(), secret, 'CN\x1a', '\x1a', 'RY', '\r')).toBe('CNRY')
  })

  it('is still taken, unseen, when the process was stopped from elsewhere and goes on', async () => {
    const at = atTerminal()
    const shown = at.screen.shows('Q?')
    const answered = secret(at.prompt)
    await shown
    at.keys.type('CN')
    at.keys.setRawMode(false)
    at.keys.pause()
    process.emit('SIGCONT', 'SIGCONT')
    expect(at.keys.isRaw).toBe(true)
    at.keys.type('RY\r')
    expect(await answered).toBe('CNRY')
    expect(process.listenerCount('SIGCONT')).toBe(0)
    expect(at.keys.isRaw).toBe(false)
  })

  it('is asked again, from nothing, when it will not do', async () => {
    const at = atTerminal()
    const ask = (prompt: Prompt) =>
      prompt.secret('Q?', { insteadOf: '--stdin', validate: text => text === 'good' || 'Not this one.' })
    const shown = at.screen.shows('Q?')
    const answered = ask(at.prompt)
    await shown
    const again = at.screen.shows('Not this one.\n\x1b[?2004h')
    at.keys.type('wrong\r')
    await again
    const asked = at.screen.shows('Q?')
    await asked
    at.keys.type('good\r')
    expect(await answered).toBe('good')
  })

  it('far too long is refused after the terminal has gone silent', async () => {
    const at = atTerminal()
    await expect(answer(at, secret, 'x'.repeat(LONGEST_ANSWER + 1), 'y\r')).rejects.toMatchObject({
      code: 'USAGE',
    })
    expect(at.keys.listenerCount('data')).toBe(0)
  })
})

describe('the other questions', () => {
  it('a text is shown', async () => {
    const at = atTerminal()
    expect(await answer(at, prompt => prompt.text('Q?', { insteadOf: 'x' }), 'main', '\r')).toBe('main')
    expect(at.screen.text).toContain('main')
  })

  it('a text has its default', async () => {
    const ask = (prompt: Prompt) => prompt.text('Q?', { insteadOf: 'x', byDefault: 'default' })
    expect(await answer(atTerminal(), ask, '\r')).toBe('default')
  })

  it.each([
    ['y\r', false, true],
    ['n\r', true, false],
    ['\r', true, true],
    ['\r', false, false],
  ])('%j with default %s is %s', async (typed, byDefault, expected) => {
    const ask = (prompt: Prompt) => prompt.confirm('Q?', byDefault, { insteadOf: '--yes' })
    expect(await answer(atTerminal(), ask, typed)).toBe(expected)
  })

  const choices = [
    { value: 'ebay:main', label: 'ebay:main', checked: true },
    { value: 'amazon:de', label: 'amazon:de' },
  ]
  it.each([
    ['as ticked', ['\r'], ['ebay:main']],
    ['one more', ['\x1b[B', ' ', '\r'], ['ebay:main', 'amazon:de']],
    ['none', [' ', '\r'], []],
  ])('choices: %s', async (_, typed, expected) => {
    const ask = (prompt: Prompt) => prompt.choose('Q?', choices, { insteadOf: 'accounts' })
    expect(await answer(atTerminal(), ask, ...typed)).toEqual(expected)
  })

  it('no choices are no question', async () => {
    expect(await atTerminal().prompt.choose('Q?', [], { insteadOf: 'accounts' })).toEqual([])
  })
})

describe('ends without an answer', () => {
  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
    ['Ctrl-D behind some text', 'abc\x04'],
  ])('%s is CANCELLED', async (_, typed) => {
    const at = atTerminal()
    await expect(answer(at, secret, typed)).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(
      answer(atTerminal(), prompt => prompt.confirm('Q?', true, { insteadOf: '--yes' }), typed),
    ).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('a terminal that goes away is ANSWER_MISSING', async () => {
    const at = atTerminal()
    const shown = at.screen.shows('Q?')
    const answered = secret(at.prompt)
    await shown
    at.keys.emit('end')
    await expect(answered).rejects.toMatchObject({ code: 'ANSWER_MISSING' })
  })

  it('without a terminal every question names what to give instead, and shows nothing', async () => {
    const at = atTerminal({}, false)
    const asked = { insteadOf: '--that' }
    for (const work of [
      at.prompt.secret('Q?', asked),
      at.prompt.text('Q?', asked),
      at.prompt.confirm('Q?', true, asked),
      at.prompt.choose('Q?', [{ value: 1, label: 'a' }], asked),
    ])
      await expect(work).rejects.toMatchObject({
        code: 'ANSWER_MISSING',
        fix: expect.stringContaining('--that'),
      })
    expect(at.screen.text).toBe('')
  })
})

describe('the terminal afterwards', () => {
  it.each([
    ['an answer', 'x\r'],
    ['a stop', '\x03'],
  ])('is as before after %s', async (_, typed) => {
    const at = atTerminal()
    await answer(at, secret, typed).catch(() => undefined)
    expect(at.keys).toMatchObject({ isRaw: false, isPaused: true })
    expect(at.keys.listenerCount('data') + at.keys.listenerCount('end')).toBe(0)
    expect(at.screen.text).toContain('\x1b[?2004l')
  })

  it('a dumb terminal is not asked to mark pastes', async () => {
    const at = atTerminal({ TERM: 'dumb' })
    await answer(at, secret, 'x\r')
    expect(at.screen.text).not.toContain('2004')
  })
})

describe('a question that is taken back', () => {
  const kinds: [kind: string, ask: (prompt: Prompt, signal: AbortSignal) => Promise<unknown>][] = [
    ['secret', (prompt, signal) => prompt.secret('Q?', { insteadOf: 'x', signal })],
    ['text', (prompt, signal) => prompt.text('Q?', { insteadOf: 'x', signal })],
    ['confirm', (prompt, signal) => prompt.confirm('Q?', true, { insteadOf: 'x', signal })],
    [
      'choose',
      (prompt, signal) => prompt.choose('Q?', [{ value: 1, label: 'a' }], { insteadOf: 'x', signal }),
    ],
    ['pick', (prompt, signal) => prompt.pick('Q?', [{ value: 1, label: 'a' }], { insteadOf: 'x', signal })],
  ]
  const untouched = { isRaw: false, isPaused: true }
  const listeners = ({ keys }: ReturnType<typeof atTerminal>) =>
    keys.listenerCount('data') + keys.listenerCount('end') + process.listenerCount('SIGCONT')

  it.each(kinds)('%s: is gone from the screen, and the terminal is as before', async (_, ask) => {
    const at = atTerminal()
    const taking = new AbortController()
    const shown = at.screen.shows('Q?')
    const asked = ask(at.prompt, taking.signal)
    await shown
    expect(shownAfter(at.screen.text)).toContain('Q?')
    at.keys.type('n')
    taking.abort()
    await expect(asked).rejects.toBeInstanceOf(QuestionWithdrawn)
    expect(shownAfter(at.screen.text)).toBe('')
    expect(shownAfter(`${at.screen.text}next`)).toBe('next')
    expect(at.keys).toMatchObject(untouched)
    expect(listeners(at)).toBe(0)
  })

  it('an address that was half pasted over several lines is wiped as well, and its rest is taken', async () => {
    const at = atTerminal()
    const taking = new AbortController()
    const shown = at.screen.shows('Q?')
    const asked = at.prompt.text('Q?', { insteadOf: 'x', signal: taking.signal })
    await shown
    const pasted = at.screen.shows('zzz')
    at.keys.type(`\x1b[200~${'y'.repeat(200)}zzz`)
    await pasted
    taking.abort()
    at.keys.type('the rest; rm -rf ~\r\n')
    at.keys.type('\x1b[201~')
    expect(at.keys).toMatchObject({ isRaw: true, isPaused: false })
    await expect(asked).rejects.toBeInstanceOf(QuestionWithdrawn)
    expect(shownAfter(at.screen.text)).toBe('')
    expect(at.screen.text).not.toContain('rm -rf')
    expect(at.keys).toMatchObject(untouched)
    expect(at.screen.text.endsWith('\x1b[?2004l')).toBe(true)
  })

  it('what is still on its way is waited for, a tenth of a second after each piece', async () => {
    const at = atTerminal()
    const taking = new AbortController()
    const shown = at.screen.shows('Q?')
    const asked = at.prompt.secret('Q?', { insteadOf: 'x', signal: taking.signal })
    asked.catch(() => undefined)
    await shown
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      taking.abort()
      for (const piece of ['half an address', 'and the other half\r']) {
        await vi.advanceTimersByTimeAsync(99)
        at.keys.type(piece)
      }
      await vi.advanceTimersByTimeAsync(99)
      expect(at.keys).toMatchObject({ isRaw: true, isPaused: false })
      await vi.advanceTimersByTimeAsync(1)
    } finally {
      vi.useRealTimers()
    }
    await expect(asked).rejects.toBeInstanceOf(QuestionWithdrawn)
    expect(at.keys).toMatchObject(untouched)
  })

  it('before it is asked: nothing is shown, and the keyboard is not touched', async () => {
    const at = atTerminal()
    const asked = at.prompt.secret('Q?', { insteadOf: 'x', signal: AbortSignal.abort() })
    await expect(asked).rejects.toBeInstanceOf(QuestionWithdrawn)
    expect(at.screen.text).toBe('')
    expect(at.keys.isPaused).toBe(false)
  })

  it('while an answer is looked at: it is not asked again', async () => {
    const at = atTerminal()
    const taking = new AbortController()
    const ask = (prompt: Prompt) =>
      prompt.secret('Q?', {
        insteadOf: 'x',
        signal: taking.signal,
        validate: () => {
          taking.abort()
          return 'Not this one.'
        },
      })
    await expect(answer(at, ask, 'x\r')).rejects.toBeInstanceOf(QuestionWithdrawn)
    expect(listeners(at)).toBe(0)
  })

  it('a signal that never aborts changes nothing, and keeps nothing', async () => {
    const at = atTerminal()
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    expect(await answer(at, prompt => prompt.secret('Q?', { insteadOf: 'x', signal }), 'ok\r')).toBe('ok')
    expect(removed.mock.calls.length).toBe(added.mock.calls.length)
    expect(shownAfter(at.screen.text)).toContain('Q?')
  })

  it('Ctrl-C is still a stop', async () => {
    const at = atTerminal()
    const { signal } = new AbortController()
    const ask = (prompt: Prompt) => prompt.secret('Q?', { insteadOf: 'x', signal })
    await expect(answer(at, ask, '\x03')).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
