// Ids are UUIDv7 (RFC 9562): unique without asking anybody, and in order of creation.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const newId = (): string => Bun.randomUUIDv7()

export const isId = (text: string): boolean => UUID.test(text)

/** The 16 bytes of a UUID in network order, as the gRPC contract wants them. */
export const idToBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex')

/** Undefined where the bytes are not 16 in number. */
export function idFromBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 16) return undefined
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
