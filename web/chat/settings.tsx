import type { JSX } from 'preact'
import { clampSampling, DEFAULT_SAMPLING } from './storage.ts'
import type { Sampling } from './types.ts'

interface Field {
  readonly name: Exclude<keyof Sampling, 'system' | 'seed'>
  readonly label: string
  readonly help: string
  readonly min: number
  readonly max: number
  readonly step: number
}

const FIELDS: readonly Field[] = [
  { name: 'temperature', label: 'Temperature', help: '0 always takes the likeliest token', min: 0, max: 2, step: 0.05 },
  { name: 'topP', label: 'Top-p', help: 'of the likeliest tokens that make up this share', min: 0, max: 1, step: 0.01 },
  { name: 'topK', label: 'Top-k', help: 'of so many likeliest tokens; 0 is off', min: 0, max: 200, step: 1 },
  { name: 'minP', label: 'Min-p', help: 'at least this share of the likeliest one’s chance; 0 is off', min: 0, max: 1, step: 0.01 }
]

export function Settings ({ sampling, onChange }: { readonly sampling: Sampling, onChange (sampling: Sampling): void }): JSX.Element {
  const change = (changes: Partial<Record<keyof Sampling, number | string | undefined>>): void => { onChange(clampSampling({ ...sampling, ...changes })) }
  return (
    <form class='settings' method='dialog'>
      {FIELDS.map(({ name, label, help, ...limits }) => (
        <div class='field' key={name}>
          <label for={name}>{label}</label>
          <output for={name}>{sampling[name]}</output>
          <input id={name} type='range' {...limits} value={sampling[name]} aria-describedby={`${name}-help`} onInput={(event) => { change({ [name]: event.currentTarget.valueAsNumber }) }} />
          <small id={`${name}-help`}>{help}</small>
        </div>
      ))}
      <div class='pair'>
        <div class='field'>
          <label for='maxTokens'>Max tokens</label>
          <input id='maxTokens' type='number' min={1} step={1} value={sampling.maxTokens} onChange={(event) => { change({ maxTokens: event.currentTarget.valueAsNumber }) }} />
        </div>
        <div class='field'>
          <label for='seed'>Seed</label>
          <input
            id='seed' type='number' step={1} placeholder='another each time' value={sampling.seed ?? ''}
            onChange={(event) => { change({ seed: event.currentTarget.value === '' ? undefined : event.currentTarget.valueAsNumber }) }}
          />
        </div>
      </div>
      <div class='field'>
        <label for='system'>System text</label>
        <textarea id='system' rows={3} placeholder='How the model should behave' value={sampling.system} onChange={(event) => { change({ system: event.currentTarget.value }) }} />
      </div>
      <div class='buttons'>
        <button type='button' class='quiet' onClick={() => { onChange(DEFAULT_SAMPLING) }}>Back to defaults</button>
        <button type='submit' class='strong'>Done</button>
      </div>
    </form>
  )
}
