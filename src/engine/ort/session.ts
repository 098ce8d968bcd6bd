import { EngineError } from '../errors.ts'
import { addressOf, type OrtApi, type Pointer } from './api.ts'
import { binding, type Binding, type NativeBinding } from './binding.ts'
import { closeAll, handle, holdAll, type Handle, type Owned } from './handle.ts'
import { appendProvider, deviceMemoryInfo, type Provider } from './provider.ts'
import { deviceTensor, hostTensor, type DeviceMemory, type DType, type NativeTensor, type Tensor } from './tensor.ts'
import { valueInfos, type ValueInfo } from './value-info.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Lets one task at a time run on a device. */
export interface RunQueue {
  run<T> (task: () => Promise<T>, options?: AbortOptions): Promise<T>
}

export interface SessionInit {
  /** A serialized ONNX ModelProto. Not needed after `session` has resolved. */
  readonly model: Uint8Array
  /** Folder of the files that external initializers name. */
  readonly externalFolder?: string
  /**
   * Values for external initializers that are in no file, by name. Host tensors; their memory is used in place and kept
   * until the session is closed.
   */
  readonly initializers?: ReadonlyMap<string, Tensor>
  readonly provider: Provider
  /** Threads inside one operator. */
  readonly threads: number
  /** ONNX Runtime's session configuration entries, over those that every session here has. */
  readonly config?: Readonly<Record<string, string>>
  /** Runs of all sessions of one device go through one queue. */
  readonly queue: RunQueue
}

/**
 * Threads spin during a run, where they wait for each other often, but not after it: a decode step every 10 ms on two
 * threads took 0.7 ms either way, with 107 % of a core spent spinning and with 16 % (1.30, 2026-11-24).
 */
const defaultConfig = { 'session.force_spinning_stop': '1' }

/** A loaded graph. */
export interface OrtSession {
  readonly inputs: ReadonlyMap<string, ValueInfo>
  readonly outputs: ReadonlyMap<string, ValueInfo>
  /** @param without outputs that its runs leave out */
  binding (without?: readonly string[]): Binding
  /** Memory where the session runs, not initialised on a GPU. Closed with the session at the latest. */
  deviceTensor (dtype: DType, shape: readonly number[]): Tensor
  /**
   * Runs the graph off the event loop, after the runs queued before it. When it resolves, bound outputs hold the result.
   * @throws {EngineError} before any native code runs, when something is not bound or dimensions disagree.
   * @throws the signal's reason, when it aborts; a run under way is stopped between two operators.
   */
  run (binding: Binding, options?: AbortOptions): Promise<number>
  /** Idempotent. Runs under way end first, queued ones are refused; bindings and device tensors close too. */
  close (): void
}

/** @throws {EngineError} with ONNX Runtime's reason, where the graph can't be loaded. */
export async function ortSession (api: OrtApi, env: Handle, hostMemory: Handle, init: SessionInit): Promise<OrtSession> {
  const initializers = [...init.initializers ?? []].map(([name, tensor]) => ({ name, tensor: tensor as NativeTensor })) // `as`: see binding.ts
  const letGo = holdAll([env, hostMemory, ...initializers.map(({ tensor }) => tensor.handle)])
  const owned: Owned = new Set()
  let native: Handle
  try {
    const pointer = await createSession(api, env.pointer, init, initializers)
    native = handle('the session', pointer, () => {
      closeAll(owned)
      api.release('ReleaseSession', pointer)
      letGo()
    })
  } catch (error) {
    letGo()
    throw error
  }
  try {
    return openSession(api, native, hostMemory, init, owned)
  } catch (error) {
    native.close()
    throw error
  }
}

function openSession (api: OrtApi, native: Handle, hostMemory: Handle, init: SessionInit, owned: Owned): OrtSession {
  const inputs = valueInfos(api, native.pointer, 'input')
  const outputs = valueInfos(api, native.pointer, 'output')
  const memory = deviceMemory(api, native.pointer, init.provider, owned)
  const known = new WeakSet<Binding>()

  return {
    inputs,
    outputs,
    binding (without = []) {
      native.assertOpen()
      const wanted = without.length === 0 ? outputs : new Map([...outputs].filter(([name]) => !without.includes(name)))
      const made = binding(api, { session: native, inputs, outputs: wanted, owned, onHost: memory === undefined })
      known.add(made)
      return made
    },
    deviceTensor (dtype, shape) {
      native.assertOpen()
      return memory === undefined ? hostTensor(api, hostMemory, { dtype, shape }, owned) : deviceTensor(api, memory, dtype, shape)
    },
    async run (bound, options = {}) {
      if (!known.has(bound)) throw new EngineError('the binding belongs to another session')
      const held = bound as NativeBinding // `as`: made above
      return await init.queue.run(async () => {
        const letGo = holdAll([native, held.handle])
        const startedMs = performance.now()
        try {
          held.prepare()
          await runBound(api, native.pointer, held.handle.pointer, options)
          return performance.now() - startedMs
        } finally {
          letGo()
        }
      }, options)
    },
    close () { native.close() }
  }
}

async function runBound (api: OrtApi, session: Pointer, bound: Pointer, { signal }: AbortOptions): Promise<void> {
  const context = 'running the graph'
  if (signal == null) return api.callAsync(context, 'RunWithBinding', session, null, bound)
  signal.throwIfAborted()
  const runOptions = api.create(context, 'CreateRunOptions')
  const stop = (): void => { api.call('stopping the run', 'RunOptionsSetTerminate', runOptions) }
  signal.addEventListener('abort', stop)
  try {
    await api.callAsync(context, 'RunWithBinding', session, runOptions, bound)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    api.release('ReleaseRunOptions', runOptions)
  }
}

async function createSession (api: OrtApi, env: Pointer, init: SessionInit, initializers: readonly { name: string, tensor: NativeTensor }[]): Promise<Pointer> {
  const context = 'loading the graph'
  const options = api.create(context, 'CreateSessionOptions')
  try {
    api.call(context, 'SetIntraOpNumThreads', options, init.threads)
    const config: Record<string, string> = { ...defaultConfig, ...init.config }
    if (init.externalFolder !== undefined) config['session.model_external_initializers_file_folder_path'] = init.externalFolder
    for (const [key, value] of Object.entries(config)) api.call(context, 'AddSessionConfigEntry', options, key, value)
    if (initializers.length > 0) {
      const values = BigUint64Array.from(initializers, ({ tensor }) => tensor.handle.pointer)
      api.call(context, 'AddExternalInitializers', options, initializers.map(({ name }) => name), values, initializers.length)
    }
    await appendProvider(api, options, init.provider)
    // A copy on a buffer of its own, which can't move while another thread reads it.
    const model = new ArrayBuffer(init.model.byteLength)
    new Uint8Array(model).set(init.model)
    const session = await api.createAsync(context, 'CreateSessionFromArray', env, addressOf(model), model.byteLength, options)
    // Read after the call, so that the garbage collector leaves the bytes alone while it lasts.
    if (model.byteLength !== init.model.byteLength) throw new EngineError('the graph changed while it was loaded')
    return session
  } finally {
    api.release('ReleaseSessionOptions', options)
  }
}

function deviceMemory (api: OrtApi, session: Pointer, provider: Provider, owned: Owned): DeviceMemory | undefined {
  const info = deviceMemoryInfo(api, provider)
  if (info === undefined) return undefined
  const memoryInfo = handle('the device\'s memory', info, (pointer) => { api.release('ReleaseMemoryInfo', pointer) }, owned)
  const allocator = api.create('reaching the device\'s memory', 'CreateAllocator', session, info)
  return {
    memoryInfo,
    allocator: handle('the device\'s allocator', allocator, (pointer) => { api.release('ReleaseAllocator', pointer) }, owned),
    owned,
    addressable: provider.kind === 'cuda'
  }
}
