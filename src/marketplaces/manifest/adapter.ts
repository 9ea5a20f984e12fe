/**
 * From a checked manifest to an adapter: one pure function. It says what every plain OAuth 2.0 marketplace has in common;
 * what only one of them has stands in its manifest.
 */
import type { AppField, MarketplaceAdapter } from '../adapter.ts'
import { redirectUriProblem } from '../redirect-uri.ts'
import { lifetimeOf, type Manifest, SCOPE } from './manifest.ts'

/** Our choice, that of eBay's adapter: enough for a batch job to start with; of a short-lived token a quarter. Seconds. */
const RENEW_BEFORE = 300

/** The adapter of a marketplace that is described by a manifest. */
export function adapterFrom(manifest: Manifest): MarketplaceAdapter {
  const { id, title, docs, token, sandbox, rotation, lifetime } = manifest
  return {
    id,
    title,
    docs,
    appFields: appFieldsOf(manifest),
    origins: {
      production: new URL(token.address).origin,
      ...(sandbox === undefined ? {} : { sandbox: new URL(sandbox.token).origin }),
    },
    rotation,
    refreshRenews: true,
    reportsEnd: false,
    estimatedLifetime: lifetimeOf(manifest),
    ...(lifetime.from === 'refresh' && { lifetimeFrom: lifetime.from }),
    renewBeforeSeconds: Math.min(RENEW_BEFORE, Math.floor(token.accessSeconds / 4)),
    consentCommand: name => `tokenctl login ${id}:${name}`,
    refresh: async () => (await import('./wire.ts')).refreshOf(manifest),
    login: async () => (await import('./login.ts')).loginOf(manifest),
  }
}

function appFieldsOf({ title, app, token, consent }: Manifest): readonly AppField[] {
  const { clientId = 'Client ID', clientSecret = 'Client secret' } = app ?? {}
  const hosts = consent.hosts ?? []
  const first = new URL(consent.address).host
  return [
    { key: 'clientId', label: clientId, secret: false },
    ...(token.client === 'none' ? [] : [{ key: 'clientSecret', label: clientSecret, secret: true }]),
    // A refresh does without these; only a consent needs them.
    {
      key: 'redirectUri',
      label: `Redirect address, as it is registered at ${title}`,
      secret: false,
      optional: true,
      problem: redirectUriProblem,
    },
    {
      key: 'scopes',
      label: consent.scopes === undefined ? 'Scopes, if any' : `Scopes, if not ${consent.scopes.join(' ')}`,
      secret: false,
      optional: true,
      isList: true,
      problem: scopesProblem,
    },
    ...(hosts.length === 0
      ? []
      : [
          {
            key: 'consentHost',
            label: `Host of the consent page in the seller's country, if not ${first}`,
            secret: false,
            optional: true,
            problem: (text: string) =>
              [first, ...hosts].includes(text) ? undefined : `is none of: ${[first, ...hosts].join(', ')}`,
          } as const,
        ]),
  ]
}

function scopesProblem(text: string): string | undefined {
  return text.split(' ').every(scope => SCOPE.test(scope)) ? undefined : 'holds something that is no scope'
}
