/**
 * The whole race: 5,000 renewals, some 9,000 runs of the program; twenty minutes of two cores that have nothing else to
 * do. PROOF_RENEWALS makes it longer or shorter.
 */
import { raceSuite } from './race-suite.ts'

raceSuite(Number(process.env['PROOF_RENEWALS'] ?? 5000))
