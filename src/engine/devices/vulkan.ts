import koffi from 'koffi'
import { EngineError } from '../errors.ts'

/** What Vulkan says of a graphics adapter: ONNX Runtime itself names none. */
export interface VulkanAdapter {
  readonly label: string
  readonly kind: 'discrete' | 'integrated' | 'virtual' | 'software' | 'other'
  readonly driverVersion: number
  /** The largest heap of the device's own memory. */
  readonly memoryBytes: number
}

/** `VkPhysicalDeviceType`, by number. */
const kinds = ['other', 'integrated', 'discrete', 'virtual', 'software'] as const
const preference: readonly VulkanAdapter['kind'][] = ['discrete', 'integrated', 'virtual', 'other', 'software']

const maxAdapters = 64

const loaders: Partial<Record<NodeJS.Platform, string>> = { linux: 'libvulkan.so.1', win32: 'vulkan-1.dll' }

/**
 * The adapters of this machine, the best first.
 * @throws {EngineError} where there is no Vulkan loader.
 */
export function vulkanAdapters (): VulkanAdapter[] {
  const vulkan = load()
  // VkInstanceCreateInfo: only its type (1) is not zero.
  const createInfo = new DataView(new ArrayBuffer(64))
  createInfo.setInt32(0, 1, true)
  const created: [bigint | null] = [null]
  if (vulkan.createInstance(createInfo.buffer, null, created) !== 0 || created[0] === null) return []
  const instance = created[0]
  try {
    const count = Uint32Array.of(maxAdapters)
    const devices = new BigUint64Array(maxAdapters)
    // A positive result says that there are more than were asked for.
    if (vulkan.enumeratePhysicalDevices(instance, count, devices) < 0) return []
    return Array.from(devices.subarray(0, count[0]), (device) => adapter(vulkan, device))
      .sort((a, b) => preference.indexOf(a.kind) - preference.indexOf(b.kind))
  } finally {
    vulkan.destroyInstance(instance, null)
  }
}

interface Vulkan {
  createInstance (createInfo: ArrayBuffer, allocator: null, instance: [bigint | null]): number
  enumeratePhysicalDevices (instance: bigint, count: Uint32Array, devices: BigUint64Array): number
  getPhysicalDeviceProperties (device: bigint, properties: ArrayBuffer): void
  getPhysicalDeviceMemoryProperties (device: bigint, properties: ArrayBuffer): void
  destroyInstance (instance: bigint, allocator: null): void
}

function load (): Vulkan {
  const name = loaders[process.platform]
  if (name === undefined) throw new EngineError(`Vulkan is not used on ${process.platform}`)
  try {
    const library = koffi.load(name)
    const instance = koffi.out(koffi.pointer('void *'))
    // koffi's functions are untyped; the interface above states Vulkan's C signatures.
    return {
      createInstance: library.func('vkCreateInstance', 'int', ['void *', 'void *', instance]),
      enumeratePhysicalDevices: library.func('vkEnumeratePhysicalDevices', 'int', ['void *', 'uint32_t *', 'uint64_t *']),
      getPhysicalDeviceProperties: library.func('vkGetPhysicalDeviceProperties', 'void', ['void *', 'void *']),
      getPhysicalDeviceMemoryProperties: library.func('vkGetPhysicalDeviceMemoryProperties', 'void', ['void *', 'void *']),
      destroyInstance: library.func('vkDestroyInstance', 'void', ['void *', 'void *'])
    }
  } catch (error) {
    throw new EngineError(`the Vulkan loader ${name} is not installed (Debian and Ubuntu: libvulkan1, beside the graphics driver)`, { cause: error })
  }
}

/** Larger than either struct of any Vulkan version; they are written from their start. */
const structBytes = 4096

function adapter (vulkan: Vulkan, device: bigint): VulkanAdapter {
  // VkPhysicalDeviceProperties: u32 api, driver, vendor, device; i32 type; char name[256]
  const properties = new ArrayBuffer(structBytes)
  vulkan.getPhysicalDeviceProperties(device, properties)
  const fields = new DataView(properties)
  const name = Buffer.from(properties, 20, 256)

  // VkPhysicalDeviceMemoryProperties: u32 count, 32 types of 8 bytes, u32 heaps, then from 264 each heap's u64 size, u32 flags, u32 padding
  const memory = new ArrayBuffer(structBytes)
  vulkan.getPhysicalDeviceMemoryProperties(device, memory)
  const heaps = new DataView(memory)
  let memoryBytes = 0
  for (let i = 0; i < Math.min(16, heaps.getUint32(260, true)); i++) {
    const local = (heaps.getUint32(264 + i * 16 + 8, true) & 1) === 1
    if (local) memoryBytes = Math.max(memoryBytes, Number(heaps.getBigUint64(264 + i * 16, true)))
  }

  return {
    label: name.subarray(0, Math.max(0, name.indexOf(0))).toString('utf8'),
    kind: kinds[fields.getInt32(16, true)] ?? 'other',
    driverVersion: fields.getUint32(4, true),
    memoryBytes
  }
}
