import type { JSX } from 'preact'
import { clock } from '../ui/format.ts'
import { Hops } from './hops.tsx'
import { Nodes } from './nodes.tsx'
import { Ring } from './ring.tsx'
import { shownSession, type SwarmState } from './swarm-state.ts'

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

function summary ({ view, sessions }: SwarmState): string {
  const running = sessions.filter(({ state }) => state === 'running').length
  const repairs = view?.repairs ?? 0
  return [plural(view?.nodes.length ?? 0, 'node'), `${plural(running, 'answer')} at work`, ...(repairs > 0 ? [plural(repairs, 'repair')] : [])].join(' · ')
}

function Log ({ swarm }: { readonly swarm: SwarmState }): JSX.Element {
  const newest = swarm.log.find(({ kind }) => kind === 'repair')
  return (
    <>
      {swarm.log.length === 0
        ? <p class='small'>Nothing yet.</p>
        : <ol class='happened'>{swarm.log.map(({ id, atMs, kind, text }) => <li key={id} class={kind}><time>{clock(atMs)}</time><span>{text}</span></li>)}</ol>}
      <p class='hidden' role='status'>{newest?.text ?? ''}</p>
    </>
  )
}

export function SwarmPanel ({ swarm, modelId }: { readonly swarm: SwarmState, readonly modelId: string | undefined }): JSX.Element {
  const models = swarm.view?.models ?? []
  const model = models.find((each) => each.modelId === modelId) ?? models[0]
  return (
    <aside class='swarm' aria-label='Swarm'>
      <div class='title'><h2>Swarm</h2><p>{summary(swarm)}</p></div>
      {model === undefined
        ? <p class='empty'>{swarm.view === undefined ? 'Looking at the swarm…' : 'Nobody serves a model.'}</p>
        : (
            <>
              <Ring swarm={swarm} model={model} />
              <ul class='legend' aria-hidden='true'><li class='route'>route</li><li class='other'>serving</li><li class='gap'>gap or lost</li></ul>
              <section><h3>Route</h3><Hops swarm={swarm} session={shownSession(swarm, model.modelId)} /></section>
              <section><h3>What happened</h3><Log swarm={swarm} /></section>
              <section><h3>Nodes</h3><Nodes swarm={swarm} modelId={model.modelId} /></section>
            </>
          )}
      {models.length > 1 && (
        <section>
          <h3>Models</h3>
          <ul class='models'>{models.map((each) => <li key={each.modelId}><b>{each.model}</b> {each.covered ? `${each.layerCount} layers, all served` : `${each.coverage.filter((count) => count === 0).length} of ${each.layerCount} layers served by nobody`}</li>)}</ul>
        </section>
      )}
    </aside>
  )
}
