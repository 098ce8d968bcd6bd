import type { OrtApi, Pointer } from './api.ts'

/** Where a session runs its graph. */
export type Provider =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'webgpu', readonly options?: Readonly<Record<string, string>> }
  | { readonly kind: 'cuda', readonly deviceId: number, readonly options?: Readonly<Record<string, string>> }

/** @throws {EngineError} where the provider or its device is not there. */
export function appendProvider (api: OrtApi, sessionOptions: Pointer, provider: Provider): void {
  switch (provider.kind) {
    case 'cpu':
      return
    case 'webgpu': {
      const options = provider.options ?? {}
      api.call('starting WebGPU', 'AppendProvider', sessionOptions, 'WebGPU', Object.keys(options), Object.values(options), Object.keys(options).length)
      return
    }
    case 'cuda': {
      const options = { device_id: String(provider.deviceId), ...provider.options }
      const cuda = api.create('starting CUDA', 'CreateCudaOptions')
      try {
        api.call('starting CUDA', 'UpdateCudaOptions', cuda, Object.keys(options), Object.values(options), Object.keys(options).length)
        api.call('starting CUDA', 'AppendCuda', sessionOptions, cuda)
      } finally {
        api.release('ReleaseCudaOptions', cuda)
      }
    }
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
