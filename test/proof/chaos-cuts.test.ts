/** A slice of the cut answers; `npm run proof -- chaos-cuts` cuts after every byte. */
import { cutSuite } from './chaos-cuts-suite.ts'

cutSuite('slice')
