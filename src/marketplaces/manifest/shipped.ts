/** The manifests that the package has: marketplaces that are always known, checked like anybody's when they are wanted. */
import type { MarketplaceAdapter } from '../adapter.ts'
import allegro from '../manifests/allegro.json' with { type: 'json' }
import etsy from '../manifests/etsy.json' with { type: 'json' }
import mercadolibre from '../manifests/mercadolibre.json' with { type: 'json' }
import { adapterFrom } from './adapter.ts'
import { checkManifest } from './manifest.ts'

const MANIFESTS: readonly { readonly id: string }[] = [etsy, allegro, mercadolibre]

const made = new Map<string, MarketplaceAdapter>()

/** The adapter of a marketplace whose manifest is in the package; undefined for another word. */
export function shippedMarketplace(id: string): MarketplaceAdapter | undefined {
  const manifest = MANIFESTS.find(each => each.id === id)
  if (manifest === undefined) return undefined
  const adapter = made.get(id) ?? adapterFrom(checkManifest(manifest, `${id}.json`))
  made.set(id, adapter)
  return adapter
}
