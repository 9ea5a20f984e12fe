/** A slice of the race; `npm run proof -- race` runs all of it. */
import { raceSuite } from './race-suite.ts'

raceSuite(150)
