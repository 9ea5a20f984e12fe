/** Tabs and JSON, for programs: whatever a cell or a value holds, the shape stays and no control character comes out. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { renderJson } from '../../../src/cli/render/json.ts'
import { renderPlain } from '../../../src/cli/render/plain.ts'

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/
const text = fc.string({ unit: 'binary', maxLength: 20 })

it('columns are parted by tabs: one header line, one line a row, as many cells as there are columns', () => {
  const rows = fc.array(fc.tuple(text, text, text), { maxLength: 5 })
  fc.assert(
    fc.property(rows, cells => {
      const plain = renderPlain(['A', 'B', 'C'], cells)
      expect(plain).not.toMatch(CONTROLS)
      const lines = plain.split('\n')
      expect(lines[0]).toBe('A\tB\tC')
      expect(lines).toHaveLength(cells.length + 2)
      for (const line of lines.slice(0, -1)) expect(line.split('\t')).toHaveLength(3)
    }),
  )
})

it('JSON comes back as it went in, and shows no control character on the way', () => {
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text))), value => {
      const json = renderJson(value)
      expect(json).not.toMatch(CONTROLS)
      expect(json.endsWith('\n')).toBe(true)
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
