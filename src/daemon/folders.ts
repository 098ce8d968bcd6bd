/** Where things lie: the user's data, and what comes with the package. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'

/** The folder of key, blobs and configuration: as given, else `$SHOAL_HOME`, else the platform's. */
export function dataFolder (given?: string): string {
  const chosen = given ?? process.env.SHOAL_HOME
  return chosen == null || chosen === '' ? envPaths('shoal', { suffix: '' }).data : resolve(chosen)
}

/** The package's folder, whether this runs from sources or from the bundle. */
export function packageRoot (): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (dirname(folder) === folder) throw new Error('the installation is damaged: package.json is missing')
  }
}

/** The embedded model's folder. */
export const embeddedModelFolder = (): string => join(packageRoot(), 'models', 'atlas')

export function version (): string {
  const { version: found } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version?: unknown } // our own file
  return typeof found === 'string' ? found : 'unknown'
}
