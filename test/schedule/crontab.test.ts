/** Our lines in a crontab, letter for letter; and everybody else's, byte for byte. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cronLines, inherited, ownLines, withOwnLines } from '../../src/schedule/crontab.ts'
import { jobIn } from '../../src/schedule/job.ts'
import { HOURLY, OFTEN, PLAIN, RICH } from './sample-job.ts'

test.each([
  ['plain', PLAIN],
  ['rich', RICH],
  ['hourly', HOURLY],
  ['often', OFTEN],
])('%s', async (name, job) => {
  const lines = cronLines(job)
  await expect(lines).toMatchFileSnapshot(`goldens/crontab-${name}.txt`)
  expect(jobIn(lines)).toEqual(job)
})

test.each([
  ["Node's path", { node: '/a\n* * * * * evil' }],
  ["tokenctl's path", { entry: '/a\\b' }],
  ['TOKENCTL_HOME', { env: { TOKENCTL_HOME: '/a\rb' } }],
])('%s with what it cannot hold is refused', (what, change) => {
  expect(() => cronLines({ ...PLAIN, ...change })).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(what) }),
  )
})

const OURS = cronLines(RICH)
/** Bytes of any kind in lines, as a crontab is held: one character a byte. */
const crontabs = fc
  .array(fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)) }))
  .map(lines => lines.map(line => `${line.replaceAll('\n', '')}\n`).join(''))

describe('in a crontab', () => {
  test('put in and taken out again, nothing else has changed, not even in its encoding', () => {
    fc.assert(
      fc.property(crontabs, before => {
        const after = withOwnLines(before, OURS)
        expect(after.startsWith(before)).toBe(true)
        expect(ownLines(after)).toBe(OURS)
        expect(withOwnLines(after, undefined)).toBe(before)
      }),
    )
  })

  test('put in again, they stay where they are', () => {
    fc.assert(
      fc.property(crontabs, crontabs, (above, below) => {
        const bytes = Buffer.from(OURS).toString('latin1')
        const before = above + bytes + below
        expect(withOwnLines(before, OURS)).toBe(before)
        expect(withOwnLines(before, cronLines(PLAIN))).toBe(above + cronLines(PLAIN) + below)
        expect(withOwnLines(before, undefined)).toBe(above + below)
      }),
    )
  })

  test('a last line without its end gets one, or ours would be part of it', () => {
    expect(withOwnLines('0 1 * * * mine', 'ours\n')).toBe('0 1 * * * mine\nours\n')
    expect(withOwnLines('', 'ours\n')).toBe('ours\n')
    expect(withOwnLines('0 1 * * * mine', undefined)).toBe('0 1 * * * mine')
  })

  test('there twice, they are there once after', () => {
    expect(withOwnLines(`${OURS}mine\n${OURS}`, cronLines(PLAIN))).toBe(`${cronLines(PLAIN)}mine\n`)
  })

  const lines = cronLines(PLAIN).match(/.*\n/g) ?? []
  test.each<[string, number, string[]]>([
    ['the end is gone', 2, ['# a\n', ...lines.slice(0, 3), '# b\n']],
    ['the beginning is gone', 4, ['# a\n', ...lines.slice(1), '# b\n']],
    [
      'a line of somebody else between',
      2,
      ['# a\n', ...lines.slice(0, 3), '0 1 * * * mine\n', ...lines.slice(3)],
    ],
    ['begun twice', 2, [lines[0] ?? '', ...lines]],
  ])('%s: refused with the line, and nothing is guessed', (_, line, crontab) => {
    for (const change of [undefined, OURS]) {
      expect(() => withOwnLines(crontab.join(''), change)).toThrow(
        expect.objectContaining({
          code: 'SCHEDULER_FAILED',
          message: expect.stringContaining(`line ${line},`),
          fix: expect.stringContaining('crontab -e'),
        }),
      )
    }
  })
})

test('settings of the crontab that would hold for our lines too are found', () => {
  const crontab = 'MAILTO=x\nTOKENCTL_HOME = /other\nHOME=/x\n"NODE_OPTIONS"=--inspect\n# HOME=/y\n'
  const names = (job: typeof PLAIN, text = crontab) =>
    inherited(text, job).map(({ name, line }) => `${name} ${line}`)
  expect(names(PLAIN)).toEqual(['TOKENCTL_HOME 2', 'HOME 3', 'NODE_OPTIONS 4'])
  expect(names(RICH)).toEqual(['HOME 3', 'NODE_OPTIONS 4'])
  expect(names(PLAIN, `${cronLines(PLAIN)}HOME=/x\n`)).toEqual([])
})
