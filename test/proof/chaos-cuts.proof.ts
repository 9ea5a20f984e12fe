/** Every byte of an answer as the last that comes, by FIN and by RST: some 25,000 cuts, half an hour. */
import { cutSuite } from './chaos-cuts-suite.ts'

cutSuite('whole')
