/**
 * The words for trying: the simulator and the demo, and help.
 * Each command only parses here and imports its work when it runs.
 */
import type { Command } from 'commander'
import { type Act, collect, examples, json } from './options.ts'

/** Declares `simulate` and `demo`. */
export function addPlay(program: Command, act: Act): void {
  program
    .command('simulate')
    .summary('the marketplaces on this machine, for trying and for tests')
    .description(
      'Answers on a loopback address as eBay, Amazon, AliExpress, Etsy, Allegro and Mercado Libre do, for trying tokenctl and for tests of your own integration.',
    )
    .option('--port <port>', 'the port; any free one when left out')
    .option(
      '--fault <fault>',
      'a fault for the requests to come: <marketplace>=<fault>, ebay=429:3 for the next three, ebay=503:20% for a fifth of all; ebay-identity is the call that tells whose a token is, ebay-orders the one that lists orders; repeatable',
      collect,
    )
    .option(
      '--rotation <mode>',
      'what becomes of a refresh token that was used: <marketplace>=none|grace|strict, aliexpress=grace:30 for 30 seconds of grace; repeatable',
      collect,
    )
    .option('--consent-days <days>', 'how long the consents of its accounts live')
    .option(
      '--redirect-uri <address>',
      'the address registered with its apps for consents, such as http://127.0.0.1:8765/callback; when left out, a page to copy the address from',
    )
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl simulate',
        'tokenctl simulate --port 8080 --fault ebay=429:3 --rotation aliexpress=strict',
      ),
    )
    .action(options =>
      act(async world => (await import('../commands/simulate.ts')).simulateRun(options, world)),
    )
  program
    .command('demo')
    .summary('the whole story on the simulator, in a throw-away home')
    .description(
      'Tells the whole story on the simulator, in a throw-away home with an encrypted file vault. Touches nothing of yours.',
    )
    .addHelpText('after', examples('tokenctl demo'))
    .action(() => act(async world => (await import('../commands/demo.ts')).demoRun(world)))
}

/** Declares `help`. */
export function addHelp(program: Command, act: Act): void {
  program
    .command('help')
    .summary('print help, or the page on exit-codes')
    .description('Prints the help of a command, or the page on exit statuses and error codes.')
    .argument('[topic...]', 'a command, or `exit-codes`')
    .addHelpText('after', examples('tokenctl help app set', 'tokenctl help exit-codes'))
    .action((topic: string[]) =>
      act(async world => (await import('../commands/help.ts')).helpRun({ topic, program }, world)),
    )
}
