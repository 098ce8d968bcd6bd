import { action, command } from '../command.ts'
import { bytes } from '../format.ts'
import type { Command } from 'commander'

export function rmCommand (): Command {
  return action(command('rm', 'remove a model from this machine\'s disk').argument('<model>', 'name or id'), async ({ data, out }, _options, [model = '']) => {
    const { removeModel } = await import('../../daemon/index.ts')
    const freed = await removeModel(data, model)
    out.event({ event: 'removed', model, bytes: freed })
    out.line(`removed ${model}: ${bytes(freed)} freed`)
  })
}
