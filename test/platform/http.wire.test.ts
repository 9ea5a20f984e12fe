/** The client over `fetch`, against real sockets on loopback: nothing is intercepted here. */
import { createHttp } from '../../src/platform/http.ts'
import { testHttp } from '../contracts/http.ts'

testHttp('over fetch', (env, options) => ({ http: createHttp(env, options) }))
