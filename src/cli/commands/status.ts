import { action, command, type CommonOptions, type Context } from '../command.ts'
import { bytes, freeOf, shortPeer, table } from '../format.ts'
import { joinOptions } from '../generate-options.ts'
import { watchStatus } from '../status-watch.ts'
import { withSwarm, type JoinOptions } from '../connect.ts'
import type { Command } from 'commander'
import type { ModelView, NodeView } from '../../daemon/index.ts'

type StatusOptions = CommonOptions & JoinOptions & { readonly watch?: boolean }

export function statusCommand (): Command {
  return action<StatusOptions>(joinOptions(command('status', 'show the nodes of the swarm and which layers they serve'))
    .option('--watch', 'keep showing, until Ctrl-C'), status)
}

async function status (context: Context, options: StatusOptions): Promise<void> {
  if (options.watch === true) {
    await watchStatus(context, options)
    return
  }
  const { out, signal } = context
  await withSwarm(context, options, async (swarm) => {
    const { nodes, models } = await swarm.view({ signal })
    out.event({ self: swarm.localPeerId ?? null, nodes, models })
    if (out.json) return
    out.line(nodes.length === 0 ? 'no nodes' : table([['NODE', 'NAME', 'DEVICE', 'MEMORY', 'MODEL', 'LAYERS', 'STATE', 'MS/TOKEN', 'FREE', 'RTT'], ...nodes.flatMap((node) => rows(node, swarm.localPeerId))]))
    for (const model of models) out.line(`\n${coverage(model)}`)
  })
}

function rows (node: NodeView, self: string | undefined): string[][] {
  const about = [`…${shortPeer(node.peerId)}${node.peerId === self ? ' (here)' : ''}`, node.name, node.device.label, bytes(node.memoryBytes)]
  const rtt = node.roundTripMs == null ? '' : `${node.roundTripMs.toFixed(1)} ms`
  if (node.spans.length === 0) return [[...about, node.offers.map(({ model }) => model).join(', ') || '-', '-', node.offers.length > 0 ? 'sharing' : '-', '', '', rtt]]
  return node.spans.map(({ model, span, state, decodeMsPerToken, freeSlots }) =>
    [...about, model, `${span[0]}:${span[1]}`, state, decodeMsPerToken > 0 ? decodeMsPerToken.toFixed(1) : '', freeOf(freeSlots), rtt])
}

/** One digit a layer: how many nodes serve it. */
export function coverage ({ model, modelId, layerCount, coverage: counts, missing, covered }: ModelView): string {
  const digits = counts.map((count) => (count > 9 ? '+' : count === 0 ? '·' : String(count))).join('')
  const gap = covered ? 'every layer is served' : `nobody serves ${missing.map(([start, end]) => `${start}:${end}`).join(', ')}`
  return `${model}  ${modelId}\n  ${layerCount} layers  ${digits}  ${gap}`
}
