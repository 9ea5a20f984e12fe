/**
 * `tokenctl/contracts`: what every marketplace and every store keeps to, for those who write one of their own. They run in
 * vitest, and bring random input by fast-check; both are the caller's. How: docs/library.md.
 */
export {
  type AnswerSamples,
  type FailureSample,
  type LoginSamples,
  type MarketplaceSamples,
  NOW,
} from '../marketplaces/samples.ts'
export { testMarketplace } from './marketplace.ts'
export { type ContractOptions, type StoreUnderTest, testSecretStore } from './secret-store.ts'
