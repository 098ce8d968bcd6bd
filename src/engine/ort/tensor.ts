import { EngineError } from '../errors.ts'
import { addressOf, type OrtApi, type Pointer } from './api.ts'
import { handle, type Handle, type Owned } from './handle.ts'

export type DType = 'f32' | 'f16' | 'u8' | 'i8' | 'i32' | 'i64' | 'u32' | 'bool'

/** ONNX's number for a dtype, and its size in bytes. */
const dtypes: Readonly<Record<DType, { readonly code: number, readonly bytes: number }>> = {
  f32: { code: 1, bytes: 4 },
  u8: { code: 2, bytes: 1 },
  i8: { code: 3, bytes: 1 },
  i32: { code: 6, bytes: 4 },
  i64: { code: 7, bytes: 8 },
  bool: { code: 9, bytes: 1 },
  f16: { code: 10, bytes: 2 },
  u32: { code: 12, bytes: 4 }
}

/** Undefined for a dtype that Shoal does not use. */
export function dtypeOf (code: number): DType | undefined {
  for (const dtype of Object.keys(dtypes) as DType[]) { // `as`: the keys of the table above
    if (dtypes[dtype].code === code) return dtype
  }
  return undefined
}

/** Values for a graph's input or output, on the host or on the session's device. */
export interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly byteLength: number
  readonly place: 'host' | 'device'
  /**
   * A tensor over a part of this one's memory, which stays allocated as long as the view is open.
   * @param elements offset of the view's first value in this tensor
   * @throws {EngineError} where the device's memory has no addresses (WebGPU), unless the view starts at 0 and is whole.
   */
  view (shape: readonly number[], elements: number): Tensor
  /** Idempotent. Freed once no run and no view needs it. */
  close (): void
}

/** What bindings and sessions need of a tensor beyond its public face. */
export interface NativeTensor extends Tensor {
  readonly handle: Handle
  /** Kept so that the memory under a bound value can't be collected. */
  readonly memory: ArrayBuffer | undefined
}

export interface HostTensorInit {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Memory to use, zeroed new memory by default. A buffer of its own: small typed arrays may be moved by the garbage collector. */
  readonly data?: ArrayBuffer
  readonly byteOffset?: number
}

/** @throws {EngineError} where the shape does not fit the memory. */
export function hostTensor (api: OrtApi, memoryInfo: Handle, init: HostTensorInit, owned?: Owned): NativeTensor {
  const { dtype, shape, byteOffset = 0 } = init
  const byteLength = checkedBytes(dtype, shape)
  const memory = init.data ?? new ArrayBuffer(byteLength)
  if (!Number.isSafeInteger(byteOffset) || byteOffset < 0 || byteOffset % dtypes[dtype].bytes !== 0 || byteOffset + byteLength > memory.byteLength) {
    throw new EngineError(`a ${dtype} tensor [${shape.join(', ')}] at byte ${byteOffset} does not fit into ${memory.byteLength} bytes`)
  }
  // Native code never reads an empty tensor, but refuses a null address, which is what an empty buffer has.
  const address = addressOf(memory.byteLength === 0 ? new ArrayBuffer(8) : memory) + BigInt(byteOffset)
  const value = createOver(api, memoryInfo.pointer, address, byteLength, dtype, shape)
  return {
    dtype,
    shape,
    byteLength,
    place: 'host',
    memory,
    handle: handle('the tensor', value, (pointer) => { api.release('ReleaseValue', pointer) }, owned),
    view (viewShape, elements) {
      checkView(this, viewShape, elements)
      const viewOffset = byteOffset + elements * dtypes[dtype].bytes
      return hostTensor(api, memoryInfo, { dtype, shape: viewShape, data: memory, byteOffset: viewOffset }, owned)
    },
    close () { this.handle.close() }
  }
}

export interface DeviceMemory {
  readonly allocator: Handle
  readonly memoryInfo: Handle
  /** Tensors in it, released before the allocator is. */
  readonly owned: Owned
  /** Whether addresses in it can be counted with: not so for WebGPU, whose buffers are handles. */
  readonly addressable: boolean
}

/** Memory on the device, not initialised. */
export function deviceTensor (api: OrtApi, device: DeviceMemory, dtype: DType, shape: readonly number[]): NativeTensor {
  const byteLength = checkedBytes(dtype, shape)
  const value = api.create(`allocating ${byteLength} bytes on the device`, 'CreateTensorAsOrtValue',
    device.allocator.pointer, dimensions(shape), shape.length, dtypes[dtype].code)
  const own = handle('the tensor', value, (pointer) => { api.release('ReleaseValue', pointer) }, device.owned)
  return deviceView(api, device, { dtype, shape, byteLength, own })
}

function deviceView (api: OrtApi, device: DeviceMemory, init: { dtype: DType, shape: readonly number[], byteLength: number, own: Handle }): NativeTensor {
  const { dtype, shape, byteLength, own } = init
  return {
    dtype,
    shape,
    byteLength,
    place: 'device',
    memory: undefined,
    handle: own,
    view (viewShape, elements) {
      const viewBytes = checkView(this, viewShape, elements)
      if (!device.addressable) throw new EngineError('memory of this device is bound whole: it has no views')
      const start = api.create('finding the tensor\'s memory', 'GetTensorMutableData', own.pointer) + BigInt(elements * dtypes[dtype].bytes)
      const letGo = own.hold()
      const value = createOver(api, device.memoryInfo.pointer, start, viewBytes, dtype, viewShape)
      const viewHandle = handle('the tensor', value, (pointer) => {
        api.release('ReleaseValue', pointer)
        letGo()
      }, device.owned)
      return deviceView(api, device, { dtype, shape: viewShape, byteLength: viewBytes, own: viewHandle })
    },
    close () { own.close() }
  }
}

function createOver (api: OrtApi, memoryInfo: Pointer, address: Pointer, byteLength: number, dtype: DType, shape: readonly number[]): Pointer {
  return api.create('creating a tensor', 'CreateTensorWithDataAsOrtValue',
    memoryInfo, address, byteLength, dimensions(shape), shape.length, dtypes[dtype].code)
}

function checkView (tensor: Tensor, shape: readonly number[], elements: number): number {
  const bytes = checkedBytes(tensor.dtype, shape)
  if (!Number.isSafeInteger(elements) || elements < 0 || elements * dtypes[tensor.dtype].bytes + bytes > tensor.byteLength) {
    throw new EngineError(`a view [${shape.join(', ')}] at element ${elements} does not fit into [${tensor.shape.join(', ')}]`)
  }
  return bytes
}

function checkedBytes (dtype: DType, shape: readonly number[]): number {
  let bytes = dtypes[dtype].bytes
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) throw new EngineError(`[${shape.join(', ')}] is not a shape`)
    bytes *= dimension
  }
  if (!Number.isSafeInteger(bytes)) throw new EngineError(`[${shape.join(', ')}] is too large`)
  return bytes
}

function dimensions (shape: readonly number[]): BigInt64Array {
  // On a buffer of its own: see HostTensorInit.
  const values = new BigInt64Array(new ArrayBuffer(Math.max(1, shape.length) * 8))
  shape.forEach((dimension, i) => { values[i] = BigInt(dimension) })
  return values
}
