/** A page collects results, and passes on everything else. */
import { expect, it } from 'vitest'
import { blankPage } from '../../../src/cli/status/page.ts'
import { screen } from '../render/screen.ts'

it('takes what is printed, and leaves the rest to the screen', async () => {
  const terminal = screen(40, true)
  const page = blankPage(terminal)
  page.terminal.out('one\n')
  page.terminal.err('Note\n')
  page.terminal.out('two\n')
  expect(page.text()).toBe('one\ntwo\n')
  expect(terminal.shown).toEqual({ out: '', err: 'Note\n' })
  expect(await page.terminal.readStdin('nothing')).toBe('')
})

it('has no colours and no width, whatever the screen has', () => {
  const { terminal } = blankPage(screen(40, true))
  expect({ ...terminal }).toMatchObject({
    colour: false,
    outIsTerminal: false,
    errColour: true,
    isInteractive: true,
  })
})
