import { version } from '../daemon/index.ts'
import { dieOnUncaught } from './crash.ts'
import { run } from './program.ts'

dieOnUncaught()

// A reader that went away (`shoal models | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

await run(version(), process.argv.slice(2))

// Native threads and sockets of a library must not keep a command alive that is done.
process.stdout.write('', () => process.exit())
