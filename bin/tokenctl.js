#!/usr/bin/env node
// CommonJS on purpose (bin/package.json says so): an ES module entry costs a fifth of `node -e 0` at every start.
require('../dist/main.cjs').run(process)
