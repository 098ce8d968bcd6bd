import koffi from 'koffi'
import { EngineError } from '../errors.ts'

/** An address in native memory. */
export type Pointer = bigint

/** What a native function is given. Typed arrays are passed by address, so they have to stay alive and in place. */
export type Argument = Pointer | number | string | null | readonly string[] | BigInt64Array | BigUint64Array | Int32Array

const pointer = 'void *'
const text = 'const char *'
const out = koffi.out(koffi.pointer(pointer))

/**
 * The part of `OrtApi` that Shoal uses: place in the struct (append-only, the same in every later version) and
 * arguments. All of these return a status.
 */
const statusFunctions = {
  CreateEnv: [3, ['int', text, out]],
  DisableTelemetryEvents: [6, [pointer]],
  CreateSessionFromArray: [8, [pointer, pointer, 'size_t', pointer, out]],
  CreateSessionOptions: [10, [out]],
  SetSessionLogSeverityLevel: [22, [pointer, 'int']],
  SetIntraOpNumThreads: [24, [pointer, 'int']],
  SessionGetInputCount: [30, [pointer, 'uint64_t *']],
  SessionGetOutputCount: [31, [pointer, 'uint64_t *']],
  SessionGetInputTypeInfo: [33, [pointer, 'size_t', out]],
  SessionGetOutputTypeInfo: [34, [pointer, 'size_t', out]],
  SessionGetInputName: [36, [pointer, 'size_t', pointer, out]],
  SessionGetOutputName: [37, [pointer, 'size_t', pointer, out]],
  CreateRunOptions: [39, [out]],
  RunOptionsSetTerminate: [46, [pointer]],
  CreateTensorAsOrtValue: [48, [pointer, 'int64_t *', 'size_t', 'int', out]],
  CreateTensorWithDataAsOrtValue: [49, [pointer, pointer, 'size_t', 'int64_t *', 'size_t', 'int', out]],
  GetTensorMutableData: [51, [pointer, out]],
  CastTypeInfoToTensorInfo: [55, [pointer, out]],
  GetTensorElementType: [60, [pointer, 'int32_t *']],
  GetDimensionsCount: [61, [pointer, 'uint64_t *']],
  GetDimensions: [62, [pointer, 'int64_t *', 'size_t']],
  GetSymbolicDimensions: [63, [pointer, 'uint64_t *', 'size_t']],
  CreateMemoryInfo: [68, [text, 'int', 'int', 'int', out]],
  CreateCpuMemoryInfo: [69, ['int', 'int', out]],
  AllocatorFree: [76, [pointer, pointer]],
  GetAllocatorWithDefaultOptions: [78, [out]],
  AddSessionConfigEntry: [130, [pointer, text, text]],
  CreateAllocator: [131, [pointer, pointer, out]],
  RunWithBinding: [133, [pointer, pointer, pointer]],
  CreateIoBinding: [134, [pointer, out]],
  BindInput: [136, [pointer, text, pointer]],
  BindOutput: [137, [pointer, text, pointer]],
  AddInitializer: [150, [pointer, text, pointer]],
  AppendCuda: [204, [pointer, pointer]],
  CreateCudaOptions: [205, [out]],
  UpdateCudaOptions: [206, [pointer, 'const char **', 'const char **', 'size_t']],
  AddExternalInitializers: [210, [pointer, 'const char **', 'uint64_t *', 'size_t']],
  AppendProvider: [216, [pointer, text, 'const char **', 'const char **', 'size_t']]
} as const

/** These return nothing and accept null. */
const releaseFunctions = {
  ReleaseEnv: 92,
  ReleaseStatus: 93,
  ReleaseMemoryInfo: 94,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseRunOptions: 97,
  ReleaseTypeInfo: 98,
  ReleaseSessionOptions: 100,
  ReleaseAllocator: 132,
  ReleaseIoBinding: 135,
  ReleaseCudaOptions: 208
} as const

type StatusName = keyof typeof statusFunctions
type ReleaseName = keyof typeof releaseFunctions

interface Native<R> {
  (...args: unknown[]): R
  async (...args: unknown[]): void
}

/** Every function above is in the table of this version and of all later ones. */
const apiVersion = 22
const tableLength = 280

/**
 * koffi runs native code on stacks of its own, 128 KiB for asynchronous calls; loading a graph or compiling a shader
 * needs what a thread usually has. The pages are taken only as they are touched.
 */
const asyncStackBytes = 8 * 1024 * 1024

/**
 * koffi unloads a library that nobody refers to, and functions read from a table do not refer to theirs. ONNX Runtime
 * and the drivers under it keep threads, so it stays until the process ends.
 */
const pinned = new Set<unknown>()

/** ONNX Runtime's C functions by name, with every status checked. */
export interface OrtApi {
  /** `1.30.0` */
  readonly version: string
  /** @throws {EngineError} with `context` and ONNX Runtime's own message. */
  call (context: string, name: StatusName, ...args: Argument[]): void
  /** As `call`, off the event loop. What `args` point to has to outlive the call. */
  callAsync (context: string, name: StatusName, ...args: Argument[]): Promise<void>
  /** Calls a function whose last parameter says where the result's address goes, and returns that. */
  create (context: string, name: StatusName, ...args: Argument[]): Pointer
  createAsync (context: string, name: StatusName, ...args: Argument[]): Promise<Pointer>
  release (name: ReleaseName, object: Pointer): void
}

/**
 * Loads the library and reads its table of functions.
 * @throws {EngineError} where the file is not ONNX Runtime, or one too old.
 */
export function ortApi (path: string): OrtApi {
  const { version, functionAt } = loadTable(path)
  const messageOf = callable<string>(functionAt(2), 'const char *', ['void *'])
  const releases = mapValues(releaseFunctions, (index) => callable<null>(functionAt(index), 'void', ['void *']))
  const functions = mapValues(statusFunctions, ([index, args]) => callable<Pointer | null>(functionAt(index), 'void *', [...args]))

  const check = (context: string, status: Pointer | null): void => {
    if (status === null) return
    const message = messageOf(status)
    releases.ReleaseStatus(status)
    throw new EngineError(`${context}: ${message}`)
  }

  const call = (context: string, name: StatusName, ...args: unknown[]): void => { check(context, functions[name](...args)) }

  const callAsync = async (context: string, name: StatusName, ...args: unknown[]): Promise<void> => {
    check(context, await new Promise<Pointer | null>((resolve, reject) => {
      functions[name].async(...args, (error: Error | null, status: Pointer | null) => {
        if (error === null) resolve(status)
        else reject(new EngineError(`${context}: ${error.message}`, { cause: error }))
      })
    }))
  }

  return {
    version,
    call,
    callAsync,
    create (context, name, ...args) {
      const result: [Pointer | null] = [null]
      call(context, name, ...args, result)
      return present(context, result[0])
    },
    async createAsync (context, name, ...args) {
      const result: [Pointer | null] = [null]
      await callAsync(context, name, ...args, result)
      return present(context, result[0])
    },
    release (name, object) { releases[name](object) }
  }
}

/** A null-terminated UTF-8 string in native memory. */
export function textAt (address: Pointer): string {
  return koffi.decode.string(address)
}

/** Where an array buffer's bytes lie: they stay there as long as the buffer is referenced and not transferred. */
export function addressOf (buffer: ArrayBuffer): Pointer {
  return koffi.address(buffer)
}

function loadTable (path: string): { version: string, functionAt: (index: number) => Pointer } {
  // The one place where koffi hands out untyped values: `as` states what the C header says.
  try {
    if (koffi.config().async_stack_size !== asyncStackBytes) koffi.config({ async_stack_size: asyncStackBytes })
    const library = koffi.load(path)
    pinned.add(library)
    const base = library.func('OrtGetApiBase', 'void *', [])() as Pointer
    const [getApi, getVersion] = koffi.decode(base, koffi.array('void *', 2)) as [Pointer, Pointer]
    const version = callable<string>(getVersion, 'const char *', [])()
    const minor = /^1\.(\d+)\./.exec(version)?.[1]
    if (minor === undefined || Number(minor) < apiVersion) throw new Error(`it says it is version ${version}, 1.${apiVersion} or later is needed`)
    const api = callable<Pointer | null>(getApi, 'void *', ['uint32_t'])(apiVersion)
    if (api === null) throw new Error(`version ${version} does not offer API ${apiVersion}`)
    const table = koffi.decode(api, koffi.array('void *', tableLength)) as (Pointer | null)[]
    return {
      version,
      functionAt: (index) => {
        const address = table[index]
        if (address == null) throw new EngineError(`ONNX Runtime ${version} lacks function ${index}: reinstall onnxruntime-node`)
        return address
      }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new EngineError(`can't use ${path} as ONNX Runtime: ${reason}. Reinstalling onnxruntime-node may help`, { cause: error })
  }
}

function callable<R> (address: Pointer, result: string, args: Parameters<typeof koffi.proto>[3]): Native<R> {
  return koffi.decode(address, koffi.proto(result, args)) as Native<R>
}

function present (context: string, object: Pointer | null): Pointer {
  if (object === null) throw new EngineError(`${context}: ONNX Runtime gave nothing back`)
  return object
}

function mapValues<K extends string, V, R> (record: Readonly<Record<K, V>>, map: (value: V) => R): Record<K, R> {
  // `as`: the entries are those of `record`, one for one.
  return Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, map(value)])) as Record<K, R>
}
