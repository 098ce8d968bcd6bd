/** Type declarations of an entry of the package, made file by file without checking types: `npm run types` does that. */
import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }

/**
 * Follows what declarations import of one another, and refuses what they would import from elsewhere: whoever installs the package
 * has no other.
 * @param entry relative to the root
 * @param folder where the tree of declarations goes
 */
export async function declarations ({ root, entry, folder }) {
  const outputFiles = []
  const waiting = [entry]
  const seen = new Set(waiting)
  for (let path = waiting.shift(); path != null; path = waiting.shift()) {
    const source = await readFile(join(root, path), 'utf8')
    const { outputText, diagnostics = [] } = ts.transpileDeclaration(source, { fileName: path, compilerOptions })
    const [problem] = diagnostics
    if (problem != null) throw new Error(`${path} needs a type written out: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`)
    for (const { fileName } of ts.preProcessFile(outputText).importedFiles) {
      if (!fileName.startsWith('.')) throw new Error(`the declarations of ${path} need the package ${fileName}`)
      const next = relative(root, join(root, dirname(path), fileName))
      if (!seen.has(next)) waiting.push(next)
      seen.add(next)
    }
    const text = outputText.replace(/(from\s+['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2')
    outputFiles.push({ path: join(folder, path.replace(/\.ts$/, '.d.ts')), contents: Buffer.from(text) })
  }
  return outputFiles
}
