import { Option, type Command } from 'commander'
import { action, command, type CommonOptions, type Context } from '../command.ts'
import { UsageError } from '../errors.ts'
import * as parse from '../parsers.ts'

interface ImportOptions extends CommonOptions {
  readonly quant: 'keep' | 'int4' | 'int8' | 'f16' | 'f32'
  readonly name?: string
  readonly manifestOnly?: boolean
  readonly disk?: parse.Size
}

export function importCommand (): Command {
  return action<ImportOptions>(command('import', 'bring a model into this machine\'s store and print its id')
    .argument('<source>', 'folder of a Hugging Face model, .gguf file, or org/name[@revision][:file.gguf] on the hub')
    .addOption(new Option('--quant <kind>', 'keep stores every weight without loss').choices(['keep', 'int4', 'int8', 'f16', 'f32']).default('keep'))
    .option('--name <name>', 'what to call it (default: from the source)')
    .option('--disk <size>', 'of weights on the disk, such as 50GB or 30%; those that are not served go first (default: what the disk has)', parse.size)
    .option('--manifest-only', 'read it once, and keep no weights: for bringing a model to a swarm whose nodes fetch their own layers'), importModel)
}

async function importModel ({ data, out, signal }: Context, { quant, name, manifestOnly, disk }: ImportOptions, [source = '']: readonly string[]): Promise<void> {
  if (name != null && !/^[\w][\w.:-]{0,63}$/.test(name)) throw new UsageError('a name has letters, digits and . _ - : and at most 64 characters')
  const { importInto } = await import('../../daemon/index.ts')
  const progress = out.progress(`importing ${source}`, 'bytes')
  try {
    const { modelId, remarks, name: called } = await importInto(data, source, { quantization: quant, keep: manifestOnly === true ? 'nothing' : 'everything', signal, onProgress: progress.update, disk, ...(name == null ? {} : { name }) })
    progress.stop()
    remarks.forEach((remark) => { out.note(remark) })
    out.event({ event: 'imported', model: called, modelId, remarks })
    out.line(modelId)
  } finally {
    progress.stop()
  }
}
