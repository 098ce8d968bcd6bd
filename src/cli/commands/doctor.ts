import pc from 'picocolors'
import { action, command } from '../command.ts'
import { exitCodes } from '../errors.ts'
import type { Command } from 'commander'

export function doctorCommand (): Command {
  return action(command('doctor', 'check this machine, and say what to do about what is wrong'), async ({ data, out, signal }) => {
    const { diagnose } = await import('../../daemon/index.ts')
    let failed = false
    for await (const { check, state, detail, advice } of diagnose(data, { signal })) {
      failed ||= state === 'failed'
      out.event({ check, state, detail, ...(advice == null ? {} : { advice }) })
      const mark = { ok: pc.green('ok  '), warning: pc.yellow('note'), failed: pc.red('FAIL') }[state]
      out.line(`${mark}  ${check}: ${detail}${advice == null ? '' : `\n      ${advice}`}`)
    }
    process.exitCode = failed ? exitCodes.failed : exitCodes.done
  })
}
