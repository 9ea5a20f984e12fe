/**
 * Shows an address in the person's own browser (RFC 8252 section 8.12: never in a window of ours), by the `open`
 * library. The library has no say in the environment of what it starts, so it runs in a helper process: the browser,
 * which may live for weeks, gets none of our variables, our terminal or our open files. It never throws: where nothing
 * can be shown, the caller shows the address itself.
 */
import { spawn } from 'node:child_process'

type Env = Readonly<Record<string, string | undefined>>

export interface BrowserOptions {
  readonly env: Env
  /** The built `browser-helper.ts`. */
  readonly helper: string
  readonly platform?: NodeJS.Platform
}

// https anywhere, http on this machine only (the simulator), no user name, and no character that a shell, a desktop
// file or PowerShell could take for its own. What URLSearchParams writes has none.
const ADDRESS =
  /^(?:https:\/\/[a-z0-9.-]+|https?:\/\/(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost))(?::\d{1,5})?(?:[/?][\w/?:@&=%+*.~-]*)?$/
// Windows takes 32,767 characters for a whole command, and the library writes each as 2.7.
const LONGEST_ADDRESS = 8 * 1024

// The helper ends within a second and its own start; only PowerShell, whose end the library waits for, takes longer.
const GIVE_UP_MS = 5000

/**
 * Whether the browser was asked to show this address, and nothing is known to have failed within a second: true also
 * where an opener is still at work after five. False for any address but https or loopback http, where there is no
 * screen (`hasScreen`), and where the opener is missing or fails. Keeps this process alive for those seconds at most.
 */
export function openBrowser(url: string, options: BrowserOptions): Promise<boolean> {
  const { env, helper, platform = process.platform } = options
  const isOpenable = url.length <= LONGEST_ADDRESS && ADDRESS.test(url) && hasScreen(env, platform)
  if (!isOpenable) return Promise.resolve(false)
  return new Promise(resolve => {
    // Other users of the machine can see the address in the list of processes, here as at every desktop's own opener.
    // With its `state` they could send an answer of their own; that the right seller came back is looked at afterwards.
    const child = spawn(process.execPath, [helper, url], {
      env: browserEnvironment(env),
      stdio: 'ignore',
      windowsHide: true,
    })
    const timer = setTimeout(() => {
      child.unref()
      resolve(true)
    }, GIVE_UP_MS)
    child.once('error', () => {
      clearTimeout(timer)
      resolve(false)
    })
    child.once('exit', status => {
      clearTimeout(timer)
      resolve(status === 0)
    })
  })
}

/**
 * Whether a browser could show itself to the person: on Linux and its like a display must be named, which also tells
 * an ssh session with one from an ssh session without, and a container that was given one from the others. macOS and
 * Windows name none, and over ssh would open it on the far machine's own screen.
 */
export function hasScreen(env: Env, platform: NodeJS.Platform): boolean {
  const isSet = (name: string) => (env[name] ?? '') !== ''
  const isRemote = ['SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY'].some(isSet)
  if (platform === 'darwin' || platform === 'win32') return !isRemote
  if (isSet('DISPLAY') || isSet('WAYLAND_DISPLAY')) return true
  // Linux inside Windows: the library asks Windows to show it.
  return isSet('WSL_DISTRO_NAME') && !isRemote
}

/** The environment without what is ours, and without what would make another Node program load or show things. */
export function browserEnvironment(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(TOKENCTL|NODE)_/i.test(name)))
}
