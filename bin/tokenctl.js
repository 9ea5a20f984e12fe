#!/usr/bin/env node
// CommonJS on purpose (bin/package.json says so): an ES module entry costs a fifth of `node -e 0` at every start.
try {
  require('../dist/main.cjs').run(process)
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ENOENT') throw error
  process.stderr.write(
    'Error: tokenctl is not there whole: it is being replaced, or was not installed to the end. [PROGRAM_REPLACED]\n' +
      'Fix: Run it again in a moment. If it says the same again, install tokenctl anew.\n',
  )
  process.exitCode = 4
}
