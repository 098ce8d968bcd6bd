import { EngineError } from '../errors.ts'
import type { OrtApi } from './api.ts'
import { handle, type Handle, type Owned } from './handle.ts'
import type { NativeTensor, Tensor } from './tensor.ts'
import type { ValueInfo } from './value-info.ts'

/** Values bound to a session's inputs and outputs. The same tensor may be both: it is then updated in place. */
export interface Binding {
  /** Replaces what was bound. @throws {EngineError} for an unknown name, or a dtype or shape that the graph does not take. */
  bindInput (name: string, tensor: Tensor): void
  bindOutput (name: string, tensor: Tensor): void
  /** Idempotent; takes effect when a run that uses it has ended. The tensors stay the caller's. */
  close (): void
}

export interface NativeBinding extends Binding {
  readonly handle: Handle
  /**
   * Called before each run: everything is bound, and dimensions of one name are of one size. Where the device has its
   * own memory, inputs on the host are copied to it again, since ONNX Runtime copies at the time of binding.
   */
  prepare (): void
}

export interface BindingInit {
  readonly session: Handle
  readonly inputs: ReadonlyMap<string, ValueInfo>
  /** Those that runs are to give. */
  readonly outputs: ReadonlyMap<string, ValueInfo>
  readonly owned: Owned
  /** Whether the session's device is the host itself. */
  readonly onHost: boolean
}

export function binding (api: OrtApi, init: BindingInit): NativeBinding {
  const native = handle('the binding', api.create('binding tensors', 'CreateIoBinding', init.session.pointer),
    (pointer) => { api.release('ReleaseIoBinding', pointer) }, init.owned)
  const inputs = new Map<string, NativeTensor>()
  const outputs = new Map<string, NativeTensor>()
  let checked = false

  const put = (which: 'input' | 'output', name: string, tensor: Tensor): void => {
    const info = (which === 'input' ? init.inputs : init.outputs).get(name)
    if (info === undefined) throw new EngineError(`the graph has no ${which} ${name}`)
    checkTensor(info, tensor)
    // `as`: every Tensor was made by hostTensor or deviceTensor.
    const value = tensor as NativeTensor
    api.call(`binding ${which} ${name}`, which === 'input' ? 'BindInput' : 'BindOutput', native.pointer, name, value.handle.pointer)
    ;(which === 'input' ? inputs : outputs).set(name, value)
    checked = false
  }

  return {
    handle: native,
    bindInput (name, tensor) { put('input', name, tensor) },
    bindOutput (name, tensor) { put('output', name, tensor) },
    prepare () {
      if (!checked) {
        const sizes = new Map<string, number>()
        checkAll('input', init.inputs, inputs, sizes)
        checkAll('output', init.outputs, outputs, sizes)
        checked = true
      }
      if (init.onHost) return
      for (const [name, tensor] of inputs) {
        if (tensor.place === 'host') api.call(`copying input ${name}`, 'BindInput', native.pointer, name, tensor.handle.pointer)
      }
    },
    close () {
      native.close()
    }
  }
}

function checkTensor (info: ValueInfo, tensor: Tensor): void {
  const fits = tensor.dtype === info.dtype && tensor.shape.length === info.shape.length &&
    info.shape.every((size, i) => typeof size === 'string' || size === tensor.shape[i])
  if (!fits) {
    throw new EngineError(`${info.name} is ${info.dtype} [${info.shape.join(', ')}], it can't be bound to ${tensor.dtype} [${tensor.shape.join(', ')}]`)
  }
}

/** @param sizes what named dimensions were found to be; added to. */
function checkAll (which: string, infos: ReadonlyMap<string, ValueInfo>, tensors: ReadonlyMap<string, NativeTensor>, sizes: Map<string, number>): void {
  for (const info of infos.values()) {
    const tensor = tensors.get(info.name)
    if (tensor === undefined) throw new EngineError(`${which} ${info.name} is not bound`)
    info.shape.forEach((dimension, i) => {
      if (typeof dimension === 'number' || dimension === '') return
      const size = tensor.shape[i] ?? 0
      const known = sizes.get(dimension)
      if (known !== undefined && known !== size) {
        throw new EngineError(`${which} ${info.name} has ${size} for the dimension ${dimension}, which is ${known} elsewhere`)
      }
      sizes.set(dimension, size)
    })
  }
}
