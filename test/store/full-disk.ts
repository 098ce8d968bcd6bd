import { open, type FileHandle } from 'node:fs/promises'

/** Files that say the disk is full when more than `bytes` were written to them. */
export const fullAfter = (bytes: number) => async (path: string, flags: string, mode: number): Promise<FileHandle> => {
  const file = await open(path, flags, mode)
  const write = file.write.bind(file) as (bytes: Uint8Array, at: number) => Promise<{ bytesWritten: number, buffer: Uint8Array }>
  let left = bytes
  return Object.assign(file, {
    write: async (data: Uint8Array, at: number) => {
      left -= data.byteLength - at
      if (left < 0) {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      }
      return await write(data, at)
    }
  })
}
