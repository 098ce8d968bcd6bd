/**
 * Everything that this node counts, as Prometheus has it: one object literal on a registry of its own. docs/METRICS.md is made from it.
 * Labels have few values, all known here or bounded elsewhere: never a peer, a session or a name that a user chose.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/** From 0.1 ms to 52 s, each twice the one before. */
const FINE_SECONDS = powers(0.0001, 2, 20)
const LONG_SECONDS = powers(0.005, 2, 15)
const BATCH = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]

function powers (first: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first * factor ** index)
}

export type Phase = 'prefill' | 'decode'
export type Direction = 'sent' | 'received'

export interface MetricsInit {
  /** Of the process too: memory, processor, event loop. @default true */
  readonly process?: boolean
}

export type Metrics = ReturnType<typeof createMetrics>

// eslint-disable-next-line @typescript-eslint/explicit-function-return-type -- its type is the literal below: written twice, the two would drift apart
export function createMetrics ({ process: ofProcess = true }: MetricsInit = {}) {
  const registry = new Registry()
  const registers = [registry]
  if (ofProcess) collectDefaultMetrics({ register: registry })

  return {
    registry,

    node: {
      info: new Gauge({ name: 'shoal_node_info', help: 'Always 1; what the node is, as labels.', labelNames: ['version', 'device', 'compute'], registers }),
      online: new Gauge({ name: 'shoal_node_online', help: '1 while the node takes sessions, 0 while it loads, is paused or stops.', registers }),
      layers: new Gauge({ name: 'shoal_node_layers', help: 'Layers that the node serves.', registers })
    },

    answers: {
      running: new Gauge({ name: 'shoal_answers_running', help: 'Answers at work that this node coordinates.', registers }),
      ended: new Counter({ name: 'shoal_answers_total', help: 'Answers that are over, coordinated or asked for here, by what they ended with.', labelNames: ['finish'], registers }),
      promptTokens: new Counter({ name: 'shoal_prompt_tokens_total', help: 'Tokens of prompts of answers that are done.', registers }),
      cachedTokens: new Counter({ name: 'shoal_cached_tokens_total', help: 'Tokens of prompts that nobody had to compute.', registers }),
      completionTokens: new Counter({ name: 'shoal_completion_tokens_total', help: 'Tokens told to whoever asked.', registers }),
      openSeconds: new Histogram({ name: 'shoal_route_open_seconds', help: 'From the request until a route was found and its stages were ready.', buckets: LONG_SECONDS, registers }),
      firstTokenSeconds: new Histogram({ name: 'shoal_time_to_first_token_seconds', help: 'From the request to its first token.', buckets: LONG_SECONDS, registers }),
      betweenTokensSeconds: new Histogram({ name: 'shoal_time_between_tokens_seconds', help: 'Between two tokens of an answer: a lap of its ring.', buckets: FINE_SECONDS, registers }),
      repairs: new Counter({ name: 'shoal_repairs_total', help: 'Answers that went on without a stage, by why it was left.', labelNames: ['kind'], registers }),
      repairSeconds: new Histogram({ name: 'shoal_repair_seconds', help: 'From the loss of a stage until the answer went on.', buckets: LONG_SECONDS, registers })
    },

    stages: {
      sessions: new Gauge({ name: 'shoal_stage_sessions', help: 'Sessions that the layers of this node work in.', registers }),
      laps: new Counter({ name: 'shoal_stage_laps_total', help: 'Frames that the layers of this node computed.', labelNames: ['phase'], registers }),
      rows: new Counter({ name: 'shoal_stage_rows_total', help: 'Positions in these frames.', labelNames: ['phase'], registers }),
      queueSeconds: new Histogram({ name: 'shoal_stage_queue_seconds', help: 'Of a frame: from its arrival until it came out of the device, without the time on the device.', labelNames: ['phase'], buckets: FINE_SECONDS, registers }),
      computeSeconds: new Histogram({ name: 'shoal_stage_compute_seconds', help: 'Of a frame: on the device, and choosing tokens.', labelNames: ['phase'], buckets: FINE_SECONDS, registers }),
      sendSeconds: new Histogram({ name: 'shoal_stage_send_seconds', help: 'Of a frame: encoding what came out and handing it to the network.', labelNames: ['phase'], buckets: FINE_SECONDS, registers })
    },

    engine: {
      runSeconds: new Histogram({ name: 'shoal_engine_run_seconds', help: 'One run of the device.', buckets: FINE_SECONDS, registers }),
      batchSessions: new Histogram({ name: 'shoal_engine_batch_sessions', help: 'Sessions in one run of the device.', buckets: BATCH, registers }),
      kvSlots: new Gauge({ name: 'shoal_kv_slots', help: 'Sessions that keys and values can be kept for.', labelNames: ['state'], registers }),
      kvBytes: new Gauge({ name: 'shoal_kv_bytes', help: 'Memory for keys and values that sessions have reserved (used) or could (free; absent where nothing bounds it).', labelNames: ['state'], registers })
    },

    links: {
      bytes: new Counter({ name: 'shoal_link_bytes_total', help: 'Bytes of frames to and from other peers, by protocol: ring (activations), generate (answers), blob (weights).', labelNames: ['protocol', 'direction'], registers })
    },

    swarm: {
      nodes: new Gauge({ name: 'shoal_swarm_nodes', help: 'Other nodes whose records are known and alive.', registers }),
      peers: new Gauge({ name: 'shoal_swarm_peers', help: 'Peers at the other end of a connection, clients among them.', registers }),
      routingTable: new Gauge({ name: 'shoal_dht_peers', help: 'Peers in the routing table of the DHT.', registers }),
      missingLayers: new Gauge({ name: 'shoal_model_missing_layers', help: 'Layers of the served model that nobody serves now.', registers })
    },

    disk: {
      weights: new Gauge({ name: 'shoal_disk_weights_bytes', help: 'Weights in the data folder.', registers }),
      free: new Gauge({ name: 'shoal_disk_free_bytes', help: 'Room on the disk of the data folder.', registers })
    },

    http: {
      running: new Gauge({ name: 'shoal_http_requests_running', help: 'Requests whose answer has not begun.', registers }),
      line: new Gauge({ name: 'shoal_http_line_requests', help: 'Requests for answers: those that have their turn (running) and those in line for one (waiting).', labelNames: ['state'], registers }),
      requests: new Counter({ name: 'shoal_http_requests_total', help: 'Requests that were answered, by the template of their route.', labelNames: ['route', 'method', 'status'], registers }),
      seconds: new Histogram({ name: 'shoal_http_request_seconds', help: 'Until the answer began: of a stream, its headers.', labelNames: ['route'], buckets: LONG_SECONDS, registers })
    }
  }
}
