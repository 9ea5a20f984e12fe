/**
 * The words about what accounts stand on: the developer's keys, settings.
 * Each command only parses here and imports its work when it runs.
 */
import type { Command } from 'commander'
import type { Exit } from '../exit.ts'
import type { World } from '../world.ts'
import { type Act, examples, json, stdin } from './options.ts'

const KEY = 'the setting, such as `window.ebay`; `tokenctl config list` shows them all'

/** Declares `app`. */
export function addApp(program: Command, act: Act): void {
  const app = program
    .command('app')
    .summary("the developer's keys")
    .description("Enters, rotates, lists and removes the developer's keys, which several accounts can share.")
    .helpCommand(false)
    .addHelpText(
      'after',
      examples('tokenctl app set ebay', 'tokenctl app rotate amazon', 'tokenctl app list'),
    )
  app
    .command('set')
    .description(
      'Enters the keys of an app: asked one by one, or as one JSON object on standard input. Never as arguments.',
    )
    .argument('<marketplace>', 'a marketplace, such as `ebay` or `etsy`')
    .argument('[app]', 'a name for the app; `default` when left out')
    .addOption(stdin('the keys as JSON'))
    .option('--issued <date>', "the day the secret was issued (Amazon's ends after 180 days)")
    .addHelpText(
      'after',
      examples(
        'tokenctl app set ebay',
        'tokenctl app set amazon --issued 2026-08-01',
        'tokenctl app set ebay --stdin < keys.json',
      ),
    )
    .action((marketplace: string, name: string | undefined, options) =>
      act(async world =>
        (await import('../commands/app.ts')).appSetRun({ marketplace, name, ...options }, world),
      ),
    )
  app
    .command('rotate')
    .description(
      "Takes an app's new secret, proves it, and keeps the old one for as long as the marketplace takes both. Asked masked, or read from standard input. Never an argument.",
    )
    .argument('<marketplace>', '`amazon`')
    .argument('[app]', 'the name of the app; `default` when left out')
    .addOption(stdin('the new secret, alone or as `{"clientSecret": "…"}`,'))
    .option('--issued <date>', 'the day the new secret was issued; today when left out')
    .option('--unproven', 'store it also where nobody can say whether it is taken')
    .addHelpText(
      'after',
      examples(
        'tokenctl app rotate amazon',
        'tokenctl app rotate amazon --issued 2026-11-20',
        'tokenctl app rotate amazon second --stdin < secret.txt',
      ),
    )
    .action((marketplace: string, name: string | undefined, options) =>
      act(async world =>
        (await import('../commands/app-rotate.ts')).appRotateRun({ marketplace, name, ...options }, world),
      ),
    )
  app
    .command('list')
    .description('Lists the apps, all or those of one marketplace. Keys are never shown.')
    .argument('[marketplace]', 'a marketplace, such as `ebay` or `etsy`')
    .addOption(json())
    .addHelpText('after', examples('tokenctl app list', 'tokenctl app list amazon --json'))
    .action((marketplace: string | undefined, options) =>
      act(async world => (await import('../commands/app.ts')).appListRun({ marketplace, ...options }, world)),
    )
  app
    .command('remove')
    .description('Removes the keys of an app that no account uses.')
    .argument('<marketplace>', 'a marketplace, such as `ebay` or `etsy`')
    .argument('[app]', 'the name of the app; `default` when left out')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('tokenctl app remove ebay', 'tokenctl app remove amazon second --yes'))
    .action((marketplace: string, name: string | undefined, options) =>
      act(async world =>
        (await import('../commands/app.ts')).appRemoveRun({ marketplace, name, ...options }, world),
      ),
    )
}

/** Declares `config`. */
export function addConfig(program: Command, act: Act): void {
  const config = program
    .command('config')
    .summary('settings')
    .description('Prints and changes settings. No secret is ever a setting.')
    .helpCommand(false)
    .addHelpText('after', examples('tokenctl config list', "tokenctl config set window.ebay '2 months'"))
  const run = async (
    world: World,
    work: (module: typeof import('../commands/config.ts'), world: World) => Promise<Exit>,
  ) => work(await import('../commands/config.ts'), world)
  config
    .command('get')
    .description('Prints the value of one setting, set or by default.')
    .argument('<key>', KEY)
    .addHelpText('after', examples('tokenctl config get store', 'tokenctl config get window.ebay'))
    .action((key: string) => act(world => run(world, (module, w) => module.configGetRun({ key }, w))))
  config
    .command('set')
    .description('Changes one setting.')
    .argument('<key>', KEY)
    .argument('<value>', 'such as `2 months`')
    .addHelpText(
      'after',
      examples(
        'tokenctl config set store file',
        "tokenctl config set window '2 months'",
        'tokenctl config set endpoint.ebay http://127.0.0.1:8080',
      ),
    )
    .action((key: string, value: string) =>
      act(world => run(world, (module, w) => module.configSetRun({ key, value }, w))),
    )
  config
    .command('unset')
    .description('Goes back to the default of one setting.')
    .argument('<key>', KEY)
    .addHelpText('after', examples('tokenctl config unset endpoint.ebay'))
    .action((key: string) => act(world => run(world, (module, w) => module.configUnsetRun({ key }, w))))
  config
    .command('list')
    .description('Prints every setting, its value and what it does.')
    .addOption(json())
    .addHelpText('after', examples('tokenctl config list', 'tokenctl config list --json'))
    .action(options => act(world => run(world, (module, w) => module.configListRun(options, w))))
  config
    .command('path')
    .description('Prints where the settings file is.')
    .addHelpText('after', examples('tokenctl config path'))
    .action(() => act(world => run(world, (module, w) => module.configPathRun(w))))
}
