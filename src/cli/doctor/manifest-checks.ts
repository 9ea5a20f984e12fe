/** The manifests beside the settings: one that is no good, before somebody needs it, and one that is never looked at. */
import { isTokenctlError } from '../../errors.ts'
import { MARKETPLACE_IDS, SHIPPED_IDS } from '../../marketplaces/ids.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, warning } from './findings.ts'
import type { Ground } from './ground.ts'

const BUILT_IN: readonly string[] = [...MARKETPLACE_IDS, ...SHIPPED_IDS]

/** A finding for each manifest; none where there are none. */
export function manifestChecks({ world }: Pick<Ground, 'world'>): readonly Finding[] {
  const { ownMarketplaces: own, folders } = world
  return own.ids().map(id => {
    const where = `${folders.settings}/marketplaces/${id}.json`
    if (BUILT_IN.includes(id))
      return warning('settings', `The manifest ${where} is not looked at: \`${id}\` is built in.`, {
        where,
        mend: 'Give the file and its `id` another word, or remove it.',
      })
    try {
      const adapter = own.find(id)
      const hosts = Object.values(adapter?.origins ?? {}).map(origin => new URL(origin).host)
      return ok(
        'settings',
        `The manifest of ${adapter?.title ?? id} is sound. It sends tokens to ${hosts.join(' and ')}.`,
        where,
      )
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return problem('settings', error, { where })
    }
  })
}
