/** A marketplace by manifest, for programs that keep theirs elsewhere than in the settings folder. */
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { adapterFrom } from '../marketplaces/manifest/adapter.ts'
import { checkManifest } from '../marketplaces/manifest/manifest.ts'

/**
 * The adapter that a manifest describes.
 *
 * @param manifest the JSON, parsed: docs/marketplace-manifests.md has its shape.
 * @throws {SETTINGS_INVALID} naming the key and what a good value is
 */
export function manifestAdapter(manifest: unknown): MarketplaceAdapter {
  return adapterFrom(checkManifest(manifest, 'given by the program'))
}
