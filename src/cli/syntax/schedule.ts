/** The words of `tokenctl schedule`. Each command only parses here and imports its work when it runs. */
import { type Command, Option } from 'commander'
import { type Act, examples, json } from './options.ts'

// Written out: importing the room would load zod with every `--help`. A test holds them beside it.
const USING = ['systemd', 'cron', 'launchd', 'task-scheduler']
const EVERY = ['1d', '12h', '8h', '6h', '4h', '3h', '2h', '1h', '30m', '20m', '15m', '10m']

const dryRun = () => new Option('--dry-run', 'say what would be done; change nothing')

/** Declares `schedule`. */
export function addSchedule(program: Command, act: Act): void {
  const schedule = program
    .command('schedule')
    .summary('have the machine renew by itself what is due')
    .description(
      'Has the machine run `tokenctl renew --all --due` by itself, shows how, and takes it away again.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      examples('tokenctl schedule install', 'tokenctl schedule show', 'tokenctl schedule remove'),
    )
  schedule
    .command('install')
    .description(
      'Installs the daily run, by the scheduler that the machine has. What is installed already is brought up to date; where nothing differs, nothing is done.',
    )
    .addOption(new Option('--using <scheduler>', 'the scheduler, where it shall be another').choices(USING))
    .option('--at <time>', 'the earliest time of day, such as 06:30; a run begins within an hour of it')
    .option('--every <interval>', `how often: ${EVERY.join(', ')}`)
    .addOption(dryRun())
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl schedule install',
        'tokenctl schedule install --at 06:30',
        'tokenctl schedule install --every 6h',
        'tokenctl schedule install --using cron --dry-run',
      ),
    )
    .action(options =>
      act(async world => {
        const { proofBySchedule } = await import('../schedules/schedule-proof.ts')
        const { scheduleInstallRun } = await import('../commands/schedule.ts')
        return scheduleInstallRun(options, world, proofBySchedule(world))
      }),
    )
  schedule
    .command('show')
    .description(
      'Shows the schedule letter for letter, and whether it is what would be installed now. The exit status is 3 where something keeps it from its work.',
    )
    .addOption(json())
    .addHelpText('after', examples('tokenctl schedule show', 'tokenctl schedule show --json'))
    .action(options =>
      act(async world => (await import('../commands/schedule.ts')).scheduleShowRun(options, world)),
    )
  schedule
    .command('remove')
    .description('Takes the schedule away. Accounts and settings stay as they are.')
    .addOption(dryRun())
    .addOption(json())
    .addHelpText('after', examples('tokenctl schedule remove', 'tokenctl schedule remove --dry-run'))
    .action(options =>
      act(async world => (await import('../commands/schedule.ts')).scheduleRemoveRun(options, world)),
    )
}
