/** The door from a renewal to handing its tokens on, which is loaded only where an account hands any on. */

import type { World } from '../world.ts'
import type { Renewed } from './delivering.ts'

/** As `deliverAfter`; nothing where no account hands its tokens on. It changes no exit status. */
export async function deliverRenewed(renewed: Renewed, world: World): Promise<void> {
  if (!renewed.headers.some(({ delivery }) => delivery !== null)) return
  const { deliverAfter } = await import('./delivering.ts')
  await deliverAfter(renewed, world)
}
