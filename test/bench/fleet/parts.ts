/**
 * What the benchmarks of a fleet and of growth take from the program and from the support of the tests. It is bundled when it is needed
 * (`tools.js`), because Node 20 runs no TypeScript.
 */
export { rulesOf } from '../../../src/cli/rules.ts'
export { workedMarketplaces } from '../../../src/cli/worker/marketplaces.ts'
export { systemClock } from '../../../src/platform/clock.ts'
export { createNodeFiles } from '../../../src/platform/files.ts'
export { dueBounds } from '../../../src/renewal/due-bounds.ts'
export { parseSettings } from '../../../src/settings.ts'
export { vaultKey } from '../../../src/vault/key-source.ts'
export { addressOf } from '../../../src/vault/postgres/address.ts'
export { createFleet } from '../../../src/vault/postgres/fleet.ts'
export { headerPages } from '../../../src/vault/postgres/header-pages.ts'
export { Session } from '../../../src/vault/postgres/session.ts'
export { keyringMissing, startKeyring } from '../../support/keyring.ts'
export { hasPostgres, postgresProgram } from '../../support/postgres/programs.ts'
export { startPostgres } from '../../support/postgres/start.ts'
export { writeHeaderFiles } from '../growth/header-files.ts'
export { sealedAccount } from './sealed-account.ts'
