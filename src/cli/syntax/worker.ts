/** The words of `worker`. It only parses here and imports its work when it runs. */
import { type Command, Option } from 'commander'
import { type Act, examples } from './options.ts'

/** Declares `worker`. */
export function addWorker(program: Command, act: Act): void {
  program
    .command('worker')
    .summary('keep what is due renewed, on one machine or many')
    .description(
      'Renews what is due, round after round, until it is stopped; on as many machines as share a postgres store, each account by one of them. The first Ctrl-C, or SIGTERM, finishes what is open.',
    )
    .option('--concurrency <n>', 'accounts at work at the same time', '16')
    .option('--poll <length>', 'how long to wait when nothing is due, such as `30s`', '30s')
    .option('--rate <n>', 'refreshes a second that an app may send, over all machines')
    .option('--no-spread', "use up an app's refreshes of a day as fast as they are wanted")
    .option('--once', 'end when nothing is due any more')
    .option('--listen <address>', 'answer /healthz and /metrics on this machine, at `127.0.0.1:9464`')
    .option('--no-notices', 'tell no channel of `tokenctl notices`, ask no heartbeat, call no hook')
    .addOption(new Option('--json', 'print JSON lines, for programs'))
    .addHelpText(
      'after',
      examples(
        'tokenctl worker',
        'tokenctl worker --concurrency 256 --listen 127.0.0.1:9464',
        'tokenctl worker --once --rate 20 --json',
      ),
    )
    .action(options => act(async world => (await import('../commands/worker.ts')).workerRun(options, world)))
}
