#!/usr/bin/env node
// CommonJS on purpose (bin/package.json says so): an ES module entry costs a fifth of `node -e 0` at every start.
try {
  require('../dist/main.cjs').run(process)
} catch (error) {
  // Only loading throws here. A file that is there in part is no error of the system's: it ends in the middle of a word.
  if (error.code && error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ENOENT') throw error
  process.stderr.write(
    'Error: tokenctl is not there whole: it is being replaced, or was not installed to the end. [PROGRAM_REPLACED]\n' +
      'Fix: Run it again in a moment. If it says the same again, install tokenctl anew, with Node 20.19 or later.\n',
  )
  process.exitCode = 4
}
