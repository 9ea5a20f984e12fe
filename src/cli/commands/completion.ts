/** `tokenctl completion`: the script that has a shell ask `tokenctl __complete` at a press of Tab. */
import type { Exit } from '../exit.ts'
import type { World } from '../world.ts'

/** The shells that there is a script for. */
export type Shell = 'bash' | 'zsh' | 'fish' | 'powershell'

/** Prints the script of a shell. */
export async function completionRun(
  { shell }: { readonly shell: Shell },
  world: Pick<World, 'terminal'>,
): Promise<Exit> {
  world.terminal.out(await SCRIPTS[shell]())
  return 0
}

const SCRIPTS: Readonly<Record<Shell, () => Promise<string>>> = {
  bash: async () => (await import('../completion/bash.ts')).BASH,
  zsh: async () => (await import('../completion/zsh.ts')).ZSH,
  fish: async () => (await import('../completion/fish.ts')).FISH,
  powershell: async () => (await import('../completion/powershell.ts')).POWERSHELL,
}
