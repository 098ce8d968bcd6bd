/** Installs the clients that the gateway is tested with (`test/clients`), where what is there is not what their lock file says. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../test/clients/', import.meta.url))

function versions (file) {
  try {
    const { packages } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    return Object.entries(packages).flatMap(([path, { version, optional }]) => (path === '' || optional === true ? [] : [`${path} ${version}`])).sort().join('\n')
  } catch {
    return undefined
  }
}

// npm writes down what it installed
if (versions('package-lock.json') !== versions('node_modules/.package-lock.json')) {
  const npm = process.env.npm_execpath
  const [command, ...before] = npm == null ? ['npm'] : [process.execPath, npm]
  execFileSync(command, [...before, '--prefix', folder, 'ci', '--no-fund', '--no-audit', '--loglevel', 'error'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
