import { FormatError } from '../errors.ts'
import { matrixOf, partPlanner, vector } from './part-planner.ts'
import { normPlus, planLayer } from './plan-layer.ts'
import type { PartPlan, PlanRequest } from './plan-types.ts'
import type { ModelRole } from '../architectures/architecture.ts'
import type { SourceTensor } from '../formats/tensor-source.ts'

export interface ImportPlan {
  readonly embedding: PartPlan
  readonly layers: readonly PartPlan[]
  readonly head: PartPlan
  /** What a user should know: which tensors are stored otherwise than in the source. */
  readonly remarks: readonly string[]
}

/**
 * Says how each part of a model is laid out and made, from shapes alone.
 * @throws {FormatError} for a tensor that is missing, has another shape, or belongs to nothing @throws {UnsupportedModelError}
 */
export function planImport (request: PlanRequest): ImportPlan {
  const { config, names, source } = request
  const remarks = new Set<string>()
  const planner = partPlanner(request, remarks)
  const used = new Set<string>()
  const find = (name: string, shape: readonly number[]): SourceTensor => {
    used.add(name)
    const tensor = source.info(name)
    if (tensor == null) {
      throw new FormatError(`tensor ${name} is missing; a ${config.architecture} model of ${config.layerCount} layers has it`)
    }
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      throw new FormatError(`tensor ${name} is [${tensor.shape.join(', ')}], the configuration asks for [${shape.join(', ')}]`)
    }
    return tensor
  }
  const model = (role: ModelRole, shape: readonly number[]): SourceTensor => find(names.model[role], shape)
  const { hiddenSize, vocabSize } = config
  const embedding = planner('the embedding', [], [matrixOf('embedding', model('embedding', [vocabSize, hiddenSize]))], true)
  const layers = Array.from({ length: config.layerCount }, (_, layer) => planLayer(request, layer, find, planner))
  const norm = vector('norm', [{ tensor: model('norm', [hiddenSize]), rows: 1, columns: hiddenSize, ...normPlus(request) }])
  const head = planner('the head', [norm], config.tiedEmbedding ? [] : [matrixOf('head', model('head', [vocabSize, hiddenSize]))], true)
  used.add(names.model.head)
  for (const name of source.names()) {
    if (!used.has(name) && !names.beside.test(name)) {
      throw new FormatError(`tensor ${name} belongs to nothing that a ${config.architecture} model of ${config.layerCount} layers with this configuration has`)
    }
  }
  return { embedding, layers, head, remarks: [...remarks] }
}
