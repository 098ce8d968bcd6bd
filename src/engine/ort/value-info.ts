import { EngineError } from '../errors.ts'
import { textAt, type OrtApi, type Pointer } from './api.ts'
import { dtypeOf, type DType } from './tensor.ts'

/** What a graph says of one of its inputs or outputs. A dimension is fixed, or named, or (empty name) anything. */
export interface ValueInfo {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly (number | string)[]
}

const side = {
  input: { count: 'SessionGetInputCount', name: 'SessionGetInputName', type: 'SessionGetInputTypeInfo' },
  output: { count: 'SessionGetOutputCount', name: 'SessionGetOutputName', type: 'SessionGetOutputTypeInfo' }
} as const

/** The inputs or outputs of a session's graph, by name. */
export function valueInfos (api: OrtApi, session: Pointer, which: 'input' | 'output'): ReadonlyMap<string, ValueInfo> {
  const context = `reading the graph's ${which}s`
  const allocator = api.create(context, 'GetAllocatorWithDefaultOptions')
  const infos = new Map<string, ValueInfo>()
  const count = new BigUint64Array(new ArrayBuffer(8))
  api.call(context, side[which].count, session, count)
  for (let i = 0; i < Number(count[0]); i++) {
    const namePointer = api.create(context, side[which].name, session, i, allocator)
    const name = textAt(namePointer)
    api.call(context, 'AllocatorFree', allocator, namePointer)
    infos.set(name, { name, ...typeInfo(api, session, which, i, name) })
  }
  return infos
}

function typeInfo (api: OrtApi, session: Pointer, which: 'input' | 'output', index: number, name: string): Omit<ValueInfo, 'name'> {
  const context = `reading the type of ${which} ${name}`
  const info = api.create(context, side[which].type, session, index)
  try {
    const tensor = api.create(context, 'CastTypeInfoToTensorInfo', info)
    const code = new Int32Array(new ArrayBuffer(8))
    api.call(context, 'GetTensorElementType', tensor, code)
    const dtype = dtypeOf(code[0] ?? 0)
    if (dtype === undefined) throw new EngineError(`${context}: its values are of ONNX type ${code[0] ?? 0}, which Shoal does not use`)

    const rank = new BigUint64Array(new ArrayBuffer(8))
    api.call(context, 'GetDimensionsCount', tensor, rank)
    const length = Number(rank[0])
    const dimensions = new BigInt64Array(new ArrayBuffer(Math.max(1, length) * 8))
    const names = new BigUint64Array(new ArrayBuffer(Math.max(1, length) * 8))
    api.call(context, 'GetDimensions', tensor, dimensions, length)
    api.call(context, 'GetSymbolicDimensions', tensor, names, length)
    const shape = Array.from({ length }, (_, i) => {
      const size = dimensions[i] ?? -1n
      return size >= 0n ? Number(size) : textAt(names[i] ?? 0n)
    })
    return { dtype, shape }
  } finally {
    api.release('ReleaseTypeInfo', info)
  }
}
