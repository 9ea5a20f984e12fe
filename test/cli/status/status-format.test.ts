/** Which form is meant, and which file. */
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../../../src/cli/program.ts'
import {
  type FormatOptions,
  formatOf,
  outputOf,
  STATUS_FORMATS,
} from '../../../src/cli/status/status-format.ts'

describe('the form', () => {
  it.each<[FormatOptions, string]>([
    [{}, 'table'],
    [{ json: true }, 'json'],
    [{ plain: true }, 'plain'],
    [{ format: 'table' }, 'table'],
    [{ format: 'json', json: true }, 'json'],
    [{ format: 'plain', plain: true }, 'plain'],
    [{ timeline: true }, 'timeline'],
    [{ format: 'timeline', timeline: true }, 'timeline'],
    [{ format: 'prometheus' }, 'prometheus'],
    [{ format: 'ics', json: false, plain: false }, 'ics'],
  ])('%j', (options, format) => {
    expect(formatOf(options)).toBe(format)
  })

  it.each<[FormatOptions, RegExp]>([
    [{ json: true, plain: true }, /^--json and --plain exclude each other\.$/],
    [{ json: true, format: 'table' }, /^--json and --format table/],
    [{ json: true, format: 'plain' }, /^--json and --format plain/],
    [{ plain: true, format: 'nagios' }, /^--plain and --format nagios/],
    [{ timeline: true, json: true }, /^--json and --timeline exclude each other\.$/],
    [{ timeline: true, format: 'html' }, /^--timeline and --format html/],
    [{ plain: true, json: true, format: 'ics' }, /exclude each other/],
  ])('%j means two', (options, message) => {
    expect(() => formatOf(options)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) }),
    )
  })

  it('the command line knows the same, in the same order', async () => {
    const status = (await buildProgram(async () => {})).commands.find(each => each.name() === 'status')
    const option = status?.options.find(each => each.long === '--format')
    expect(option?.argChoices).toEqual([...STATUS_FORMATS])
  })
})

describe('the file', () => {
  it('is what was typed; `-` and nothing are standard output', () => {
    expect(outputOf('a/b')).toBe('a/b')
    expect(outputOf('-')).toBeUndefined()
    expect(outputOf(undefined)).toBeUndefined()
  })

  it('needs a name', () => {
    expect(() => outputOf('')).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})
