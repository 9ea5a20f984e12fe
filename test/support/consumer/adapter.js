// A marketplace as somebody else writes it: from the package's two entries alone.
import { OAUTH_ERRORS, processRefreshResponse, refreshRequest, requireAppKey, secretInBody } from 'tokenctl'
import { NOW } from 'tokenctl/contracts'

const RULES = {
  title: 'Bazaar',
  mediaTypes: ['application/json'],
  requestIdHeaders: ['x-request-id'],
  errors: [
    {
      code: 'invalid_grant',
      statuses: [400],
      becomes: 'GRANT_REJECTED',
      failure: 'permanent',
      words: 'refused the refresh token',
      fix: 'The seller must consent again.',
    },
    ...OAUTH_ERRORS,
  ],
}
const TOKENS = { tokenTypes: ['bearer'], accessLifeSeconds: 3600 }

export const mine = {
  id: 'bazaar',
  title: 'Bazaar',
  docs: 'https://bazaar.example/docs',
  appFields: [
    { key: 'clientId', label: 'Client ID', secret: false },
    { key: 'clientSecret', label: 'Client secret', secret: true },
  ],
  origins: { production: 'https://bazaar.example' },
  rotation: 'strict',
  refreshRenews: true,
  reportsEnd: false,
  estimatedLifetime: { months: 6 },
  renewBeforeSeconds: 300,
  consentCommand: name => `tokenctl login bazaar:${name}`,
  refresh: async () => ({
    request({ app, refreshToken, origin }) {
      const auth = secretInBody(
        requireAppKey(app, 'clientId', 'bazaar'),
        requireAppKey(app, 'clientSecret', 'bazaar'),
      )
      return refreshRequest(`${origin}/token`, refreshToken, auth, 'application/x-www-form-urlencoded')
    },
    read(response, { app, refreshToken, now }) {
      const sent = [refreshToken, ...Object.values(app)]
      return processRefreshResponse({ response, rules: RULES, now, sent }, TOKENS)
    },
  }),
}

const answer = (status, body) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const failure = (name, error, code, what, status = 400) => ({
  name,
  response: answer(status, { error }),
  code,
  failure: what,
})

export const samples = {
  app: { clientId: 'id-1', clientSecret: 'CANARY+/=secret' },
  refreshToken: 'CANARY^#=+/|token',
  contentType: 'application/x-www-form-urlencoded',
  successes: [
    {
      name: 'new tokens',
      response: answer(200, {
        access_token: 'access-1',
        token_type: 'bearer',
        expires_in: 3600,
        refresh_token: 'refresh-2',
      }),
      issued: { accessToken: 'access-1', accessExpiresAt: NOW + 3_600_000, refreshToken: 'refresh-2' },
    },
  ],
  failures: [
    failure('a spent token', 'invalid_grant', 'GRANT_REJECTED', 'permanent'),
    failure('a word nobody documented', 'moon_phase', 'CLIENT_REJECTED', 'configuration'),
  ],
  documentedCodes: ['invalid_grant'],
}
