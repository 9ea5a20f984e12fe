/** The words of `schedule` are written out beside the room, so that help loads nothing; here they are held beside it. */
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { addSchedule } from '../../../src/cli/syntax/schedule.ts'
import { INTERVALS, SCHEDULERS } from '../../../src/schedule/job.ts'

test.each([
  ['--using', SCHEDULERS],
  ['--every', INTERVALS],
])('%s takes what there is, and nothing else', (flag, words) => {
  const program = new Command()
  addSchedule(program, async () => {})
  const install = program.commands[0]?.commands.find(command => command.name() === 'install')
  const option = install?.options.find(({ long }) => long === flag)
  expect([...(option?.argChoices ?? [])].sort()).toEqual([...words].sort())
})
