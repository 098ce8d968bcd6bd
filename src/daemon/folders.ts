/** Where things lie: the user's data, and what comes with the package. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
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

/** The code of the thread that follows grammars. */
export function grammarWorker (): URL {
  const file = (...path: string[]): URL => pathToFileURL(join(packageRoot(), ...path))
  if (!import.meta.url.endsWith('.ts')) return file('dist', 'grammar-worker.mjs')
  // tsx, which runs sources, does not reach into threads by itself
  const code = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))}; register(); await import(${JSON.stringify(file('src', 'pipeline', 'grammar', 'worker.ts').href)})`
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`)
}

/** The embedded model's folder. */
export const embeddedModelFolder = (): string => join(packageRoot(), 'models', 'atlas')

export function version (): string {
  const { version: found } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version?: unknown } // our own file
  return typeof found === 'string' ? found : 'unknown'
}
