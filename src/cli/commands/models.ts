import { action, command, type CommonOptions, type Context } from '../command.ts'
import { bytes, table } from '../format.ts'
import { coverage } from './status.ts'
import { joinOptions } from '../generate-options.ts'
import { withSwarm, type JoinOptions } from '../connect.ts'
import type { Command } from 'commander'
import type { LocalModel, ModelView } from '../../daemon/index.ts'

export function modelsCommand (): Command {
  return action<CommonOptions & JoinOptions>(joinOptions(command('models', 'list the models on this machine and those seen in the swarm')), models)
}

async function models (context: Context, options: CommonOptions & JoinOptions): Promise<void> {
  const { out, data, signal } = context
  const { findDaemon, freeMemoryBytes, listModels } = await import('../../daemon/index.ts')
  const local = await listModels(data)
  let seen: readonly ModelView[] = []
  if (options.join != null || await findDaemon(data) != null) {
    await withSwarm(context, options, async (swarm) => { seen = (await swarm.view({ signal })).models })
  }
  const room = freeMemoryBytes()
  out.event({
    local: local.map(({ name, modelId, bytes: size, totalBytes, complete, layersHere, layerCount, quantization }) =>
      ({ model: name, modelId, bytes: size, totalBytes, complete, layers: layerCount, layersHere, quantization, fits: totalBytes <= room })),
    swarm: seen
  })
  if (out.json) return
  out.line(local.length === 0
    ? 'no models on this machine yet; `shoal import SOURCE` brings one, `shoal serve` takes the embedded one'
    : table([['NAME', 'SIZE', 'LAYERS', 'QUANT', 'FITS HERE', 'ID'], ...local.map((model) =>
        [model.name, model.complete ? bytes(model.bytes) : `${bytes(model.bytes)} of ${bytes(model.totalBytes)}`, layers(model), model.quantization, fits(model, room), model.modelId])]))
  if (seen.length > 0) out.line('\nin the swarm:')
  for (const model of seen) out.line(coverage(model))
}

const layers = ({ layersHere, layerCount }: LocalModel): string => (layersHere < layerCount ? `${layersHere} of ${layerCount} here` : String(layerCount))

/** Whole, or how many of its layers. */
function fits ({ totalBytes: size, layerCount }: LocalModel, room: number): string {
  return size <= room ? 'yes' : `${Math.floor(layerCount * room / size)} of ${layerCount} layers`
}
