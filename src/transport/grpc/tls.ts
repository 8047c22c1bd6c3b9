// TLS on either side of gRPC. Files are read once, when the port or the channel opens.

import { type ChannelCredentials, credentials, ServerCredentials } from '@grpc/grpc-js'
import fs from 'node:fs'
import { createSecureContext } from 'node:tls'
import { codeOf } from '#platform/postgres/errors.ts'
import { StartFailure } from '#lib/start-failure.ts'

export type ServerTls = {
  /** Files. Without them the port has no TLS. */
  tlsCert?: string | undefined
  tlsKey?: string | undefined
  /** Clients have to show a certificate of this authority. */
  tlsClientCa?: string | undefined
}

export type ChannelTls = {
  tls?: boolean
  /** A file. Undefined takes what the system trusts. */
  tlsCa?: string | undefined
  tlsCert?: string | undefined
  tlsKey?: string | undefined
}

/** @throws StartFailure where a file is not what it should be. */
export function serverCredentials({ tlsCert, tlsKey, tlsClientCa }: ServerTls): ServerCredentials {
  if (tlsCert === undefined || tlsKey === undefined) return ServerCredentials.createInsecure()
  const pair = { cert_chain: read(tlsCert), private_key: read(tlsKey) }
  const authority = tlsClientCa === undefined ? null : read(tlsClientCa)
  return usable('ZERG_GRPC_TLS_CERT', () => {
    // grpc-js would find out only when it binds the port.
    createSecureContext({
      cert: pair.cert_chain,
      key: pair.private_key,
      ...(authority && { ca: authority }),
    })
    return ServerCredentials.createSsl(authority, [pair], authority !== null)
  })
}

/** @throws StartFailure where a file is not what it should be. */
export function channelCredentials({ tls, ...files }: ChannelTls): ChannelCredentials {
  if (!tls) return credentials.createInsecure()
  const { tlsCa, tlsCert, tlsKey } = files
  const [authority, key, cert] = [tlsCa, tlsKey, tlsCert].map(file =>
    file === undefined ? null : read(file),
  )
  return usable('ZERG_TASKS_SERVICE_TLS', () => credentials.createSsl(authority, key, cert))
}

function read(file: string): Buffer {
  try {
    return fs.readFileSync(file)
  } catch (cause) {
    throw new StartFailure(`${file} cannot be read (${codeOf(cause) || 'unknown'}).`, {
      fix: 'Name a file that this user may read.',
      cause,
    })
  }
}

function usable<T>(setting: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new StartFailure(`The files of ${setting} and its kin are no TLS in PEM that fits.`, {
      fix: 'Check that each holds what its name says, and that the key is that of the certificate.',
      cause,
    })
  }
}
