/** The words of `completion`. It only parses here and imports its work when it runs. */
import { Argument, type Command } from 'commander'
import type { Shell } from '../commands/completion.ts'
import { type Act, examples } from './options.ts'

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish', 'powershell']

/** Declares `completion`. */
export function addCompletion(program: Command, act: Act): void {
  program
    .command('completion')
    .summary('what Tab offers in your shell')
    .description(
      'Prints a script for your shell, after which Tab completes commands, options and the accounts that there are. It opens no secret.',
    )
    .addArgument(new Argument('<shell>', 'whose script').choices(SHELLS))
    .addHelpText(
      'after',
      `${examples(
        'tokenctl completion bash > ~/.local/share/bash-completion/completions/tokenctl',
        'tokenctl completion fish > ~/.config/fish/completions/tokenctl.fish',
        'tokenctl completion powershell | Out-String | Invoke-Expression',
      )}\nInto ~/.bashrc or ~/.zshrc, with your shell: eval "$(tokenctl completion bash)"\n`,
    )
    .action((shell: Shell) =>
      act(async world => (await import('../commands/completion.ts')).completionRun({ shell }, world)),
    )
}
