import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EngineError } from '../errors.ts'

/** The platforms that `onnxruntime-node` ships a library for, and how its file begins. */
const fileName: Partial<Record<NodeJS.Platform, RegExp>> = {
  linux: /^libonnxruntime\.so\.\d+$/,
  darwin: /^libonnxruntime\.\d+\.dylib$/,
  win32: /^onnxruntime\.dll$/
}

/**
 * Where `onnxruntime-node` keeps ONNX Runtime's shared library on this machine. Only the file is used: the package's
 * own binding is never loaded.
 * @throws {EngineError} where the package or a library for this platform is missing.
 */
export function ortLibraryPath (): string {
  const folder = join(packageFolder(), 'bin', 'napi-v6', process.platform, process.arch)
  const name = existsSync(folder) ? readdirSync(folder).sort().find((file) => fileName[process.platform]?.test(file)) : undefined
  if (name === undefined) {
    throw new EngineError(`onnxruntime-node has no library for ${process.platform} ${process.arch} (looked in ${folder}): ` +
      'Shoal runs models on Linux and Windows (x64, arm64) and macOS (arm64)')
  }
  return join(folder, name)
}

function packageFolder (): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  } catch (error) {
    throw new EngineError('the package onnxruntime-node is not installed: run `npm install onnxruntime-node`', { cause: error })
  }
}
