// `npm run build`, after the types were checked: bundles in silence, since a person who types `npm run demo` came for the demo.
import { build } from 'rolldown'
import config from '../src/rolldown.config.js'

await build(config)
