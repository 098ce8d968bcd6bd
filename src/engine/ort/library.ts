import { EngineError } from '../errors.ts'
import { addressOf, ortApi } from './api.ts'
import { handle } from './handle.ts'
import { ortLibraryPath } from './library-path.ts'
import { defaultMemory, deviceAllocator, probeProvider, type Provider } from './provider.ts'
import { ortSession, type OrtSession, type SessionInit } from './session.ts'
import { hostTensor, type HostTensorInit, type Tensor } from './tensor.ts'

/** ONNX Runtime, loaded. */
export interface OrtLibrary {
  /** `1.30.0` */
  readonly version: string
  readonly path: string
  /** Loads a graph off the event loop. @throws {EngineError} with ONNX Runtime's reason. */
  session (init: SessionInit): Promise<OrtSession>
  /** A tensor over JavaScript's memory. Reads and writes go through `new Float32Array(data)`, between runs. */
  tensor (init: HostTensorInit): Tensor
  /** Starts a provider without a graph. @throws {EngineError} with its reason, where it does not start. */
  probe (provider: Provider): Promise<void>
  /** Idempotent; native memory goes when the last session is closed. */
  close (): void
}

/** Only what ends the process is logged by ONNX Runtime itself: everything else comes back as a status. */
const logFatal = 4

/**
 * @param path of the shared library, by default the one that `onnxruntime-node` ships
 * @throws {EngineError} where it can't be loaded, or does not behave like ONNX Runtime.
 */
export function ortLibrary (path: string = ortLibraryPath()): OrtLibrary {
  const api = ortApi(path)
  const env = handle('ONNX Runtime', api.create('starting ONNX Runtime', 'CreateEnv', logFatal, 'shoal'), (pointer) => { api.release('ReleaseEnv', pointer) })
  api.call('starting ONNX Runtime', 'DisableTelemetryEvents', env.pointer)
  const hostMemory = handle('host memory', api.create('starting ONNX Runtime', 'CreateCpuMemoryInfo', deviceAllocator, defaultMemory),
    (pointer) => { api.release('ReleaseMemoryInfo', pointer) })

  const library: OrtLibrary = {
    version: api.version,
    path,
    session: (init) => ortSession(api, env, hostMemory, init),
    tensor (init) {
      hostMemory.assertOpen()
      return hostTensor(api, hostMemory, init)
    },
    probe: (provider) => probeProvider(api, provider),
    close () {
      hostMemory.close()
      env.close()
    }
  }

  // A table of functions in another order would crash later: a tensor has to say where its own memory is.
  const probe = hostTensor(api, hostMemory, { dtype: 'f32', shape: [2, 2] })
  const found = api.create('testing ONNX Runtime', 'GetTensorMutableData', probe.handle.pointer)
  probe.close()
  if (probe.memory === undefined || found !== addressOf(probe.memory)) {
    library.close()
    throw new EngineError(`${path} (ONNX Runtime ${api.version}) does not behave as expected: reinstall onnxruntime-node`)
  }
  return library
}
