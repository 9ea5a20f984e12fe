/**
 * The program that shows one address, its only argument, in the person's browser, and ends: with 0 when the opener
 * succeeded or is still at work after a second, else with 1. It says nothing, and the browser outlives it.
 */

/** Openers that fail do so at once (no browser, no desktop); one that started the browser itself may stay with it. */
const WATCH_MS = 1000

async function isShown(url: string): Promise<boolean> {
  const { default: open } = await import('open')
  const opener = await open(url)
  if (opener.exitCode !== null) return opener.exitCode === 0
  return new Promise(resolve => {
    opener.once('exit', status => resolve(status === 0))
    setTimeout(() => resolve(true), WATCH_MS)
  })
}

isShown(process.argv[2] ?? '').then(
  shown => process.exit(shown ? 0 : 1),
  // There is no opener; whoever started this shows the address.
  () => process.exit(1),
)
