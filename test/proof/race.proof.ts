/** The whole race: some 6,000 runs of the program, a quarter of an hour. */
import { raceSuite } from './race-suite.ts'

raceSuite(5000)
