import { TopicValidatorResult, type GossipSub } from '@libp2p/gossipsub'
import type { OpenedRecord } from './node-record.ts'
import type { RecordBook } from './record-book.ts'

const PREFIX = '/shoal/gossip/'
/** Models followed at once. */
const MAX_TOPICS = 64

/** Carries records of one model's nodes, a topic a model: it makes things quicker, never possible. */
export interface RecordGossip {
  follow (modelId: string): void
  publish (modelIds: Iterable<string>, sealed: Uint8Array): Promise<void>
  stop (): void
}

export interface RecordGossipComponents {
  readonly pubsub: GossipSub
  readonly book: RecordBook
  take (record: OpenedRecord): void
}

export function recordGossip ({ pubsub, book, take }: RecordGossipComponents): RecordGossip {
  const topics = new Set<string>()

  const follow = (modelId: string): void => {
    const topic = PREFIX + modelId
    if (topics.has(topic) || topics.size >= MAX_TOPICS) {
      return
    }
    topics.add(topic)
    // a record is checked before it is passed on
    pubsub.topicValidators.set(topic, async (_from, { data }) => {
      try {
        take(await book.check(data))
        return TopicValidatorResult.Accept
      } catch {
        // not passed on; nobody is blamed, since what came through the DHT meanwhile makes an honest record stale
        return TopicValidatorResult.Ignore
      }
    })
    pubsub.subscribe(topic)
  }

  return {
    follow,
    publish: async (modelIds, sealed) => {
      await Promise.allSettled(Array.from(modelIds, async (modelId) => {
        follow(modelId)
        await pubsub.publish(PREFIX + modelId, sealed)
      }))
    },
    stop: () => {
      topics.forEach((topic) => {
        pubsub.unsubscribe(topic)
        pubsub.topicValidators.delete(topic)
      })
      topics.clear()
    }
  }
}
