// `npm run build`, after the types were checked: bundles in silence, since a person who types `npm run demo` came for the demo.
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import library from '../src/library/rolldown.config.js'
import config from '../src/rolldown.config.js'
import { writePublished } from './published.js'

await build(config)
await build(library)
await writePublished(fileURLToPath(new URL('../dist', import.meta.url)))
