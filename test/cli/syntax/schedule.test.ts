/** The words of `schedule` are written out beside the room, so that help loads nothing; here they are held beside it. */
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { addSchedule } from '../../../src/cli/syntax/schedule.ts'
import { formatInterval, INTERVALS, SCHEDULERS } from '../../../src/schedule/job.ts'

function optionOf(flag: string) {
  const program = new Command()
  addSchedule(program, async () => {})
  const install = program.commands[0]?.commands.find(command => command.name() === 'install')
  return install?.options.find(({ long }) => long === flag)
}

test('--using takes what there is, and nothing else', () => {
  expect([...(optionOf('--using')?.argChoices ?? [])].sort()).toEqual([...SCHEDULERS].sort())
})

test('--every names what there is', () => {
  expect(optionOf('--every')?.description).toBe(`how often: ${INTERVALS.map(formatInterval).join(', ')}`)
})
