/**
 * What lies on this machine's disk: blobs by content id, models by name, and the way in for models that others stored.
 * Knows nothing of engines and swarms.
 */
export { lockDataFolder, type DataLock } from './data-folder.ts'
export * from './errors.ts'
export * from './peers/index.ts'
export { diskBudget, type DiskBudget } from './disk-budget.ts'
export { filesIn } from './disk-usage.ts'
export { mend, quickCheck, setAside, verifyBlob, type Damage } from './integrity.ts'
export { blobMaker } from './blob-maker.ts'
export { importModel, type Imported, type ImportRequest } from './import-model.ts'
export { openFiles, type OpenedSource } from './open-source.ts'
export { hubFiles, type HubFiles, type HubFilesInit } from './hub/hub-files.ts'
export { parseHubName, parseSourceName, sourceName, type HubName } from './hub/hub-name.ts'
export { modelStore } from './model-store.ts'
export { orphanFiles } from './orphans.ts'
export type { BlobStoreInit } from './blob-store.ts'
export { knownSources, rememberSource } from './sources.ts'
export { spillFile } from './spill-file.ts'
export { writeFileAtomic } from './atomic-file.ts'
export { withLock } from './process-lock.ts'
export type * from './types.ts'
