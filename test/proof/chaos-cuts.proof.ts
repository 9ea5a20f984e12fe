/** Every byte of an answer as the last that comes, in four ways: some 50,000 cuts, half an hour. */
import { cutSuite } from './chaos-cuts-suite.ts'

cutSuite('whole')
