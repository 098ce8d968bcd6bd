import type { OrtApi, Pointer } from './api.ts'

/** Where a session runs its graph. */
export type Provider =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'webgpu', readonly options?: Readonly<Record<string, string>> }
  | { readonly kind: 'cuda', readonly deviceId: number, readonly options?: Readonly<Record<string, string>> }

/** @throws {EngineError} where the provider or its device is not there. */
export async function appendProvider (api: OrtApi, sessionOptions: Pointer, provider: Provider): Promise<void> {
  switch (provider.kind) {
    case 'cpu':
      return
    case 'webgpu': {
      const { keys, values, count } = optionLists(provider.options ?? {})
      // Here WebGPU finds its adapter, which takes a while.
      await api.callAsync('starting WebGPU', 'AppendProvider', sessionOptions, 'WebGPU', keys, values, count)
      return
    }
    case 'cuda': {
      const { keys, values, count } = optionLists({ device_id: String(provider.deviceId), ...provider.options })
      const cuda = api.create('starting CUDA', 'CreateCudaOptions')
      try {
        api.call('starting CUDA', 'UpdateCudaOptions', cuda, keys, values, count)
        await api.callAsync('starting CUDA', 'AppendCuda', sessionOptions, cuda)
      } finally {
        api.release('ReleaseCudaOptions', cuda)
      }
    }
  }
}

function optionLists (options: Readonly<Record<string, string>>): { keys: string[], values: string[], count: number } {
  const keys = Object.keys(options)
  return { keys, values: Object.values(options), count: keys.length }
}

/** Starts a provider without a graph. @throws {EngineError} with its reason. */
export async function probeProvider (api: OrtApi, provider: Provider): Promise<void> {
  const options = api.create('probing a device', 'CreateSessionOptions')
  try {
    await appendProvider(api, options, provider)
  } finally {
    api.release('ReleaseSessionOptions', options)
  }
}

/** The memory of a provider's device; undefined where that is the host's. */
export function deviceMemoryInfo (api: OrtApi, provider: Provider): Pointer | undefined {
  switch (provider.kind) {
    case 'cpu':
      return undefined
    case 'webgpu':
      return api.create('naming WebGPU memory', 'CreateMemoryInfo', 'WebGPU_Buf', deviceAllocator, 0, defaultMemory)
    case 'cuda':
      return api.create('naming CUDA memory', 'CreateMemoryInfo', 'Cuda', deviceAllocator, provider.deviceId, defaultMemory)
  }
}

/** `OrtDeviceAllocator` and `OrtMemTypeDefault`. */
export const deviceAllocator = 0
export const defaultMemory = 0
