/** What nodes hold when nobody asks them anything any more. */
import { readdir, readlink } from 'node:fs/promises'
import { z } from 'zod'
import { residentBytes } from '../load/memory.ts'
import type { Daemon } from '../../test/support/shoal.ts'

export interface NodeRest {
  readonly node: string
  readonly freeSlots: number
  /** Open sockets, and files that have no name any more; undefined where the system does not tell. */
  readonly sockets: number | undefined
  readonly deletedFiles: number | undefined
  readonly bytes: number
  /** How often it went on with an answer as its coordinator, by why. */
  readonly repairs: Readonly<Record<string, number>>
}

const swarm = z.object({
  nodes: z.array(z.object({ peerId: z.string(), spans: z.array(z.object({ freeSlots: z.record(z.string(), z.number()) })) })),
  repairs: z.record(z.string(), z.number())
})

export async function restOf ({ peerId, http, child: { pid = 0 } }: Daemon): Promise<NodeRest> {
  const { nodes, repairs } = swarm.parse(await (await fetch(`${http}/api/swarm`)).json())
  const own = nodes.find((node) => node.peerId === peerId)
  const files = process.platform === 'linux' ? await openFiles(pid) : undefined
  return {
    node: peerId.slice(-8),
    freeSlots: Math.max(0, ...own?.spans.flatMap(({ freeSlots }) => Object.values(freeSlots)) ?? []),
    sockets: files?.filter((target) => target.startsWith('socket:')).length,
    deletedFiles: files?.filter((target) => target.endsWith(' (deleted)')).length,
    bytes: await residentBytes(pid),
    repairs
  }
}

async function openFiles (pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  // one may be closed meanwhile
  return await Promise.all((await readdir(folder)).map(async (name) => await readlink(`${folder}/${name}`).catch(() => '')))
}
