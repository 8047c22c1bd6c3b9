// Contradictions between the settings of TLS over gRPC, on either side.

import { isIP } from 'node:net'
import type { Facts, Rule } from './rule.ts'

export const grpcRules: readonly Rule[] = [
  ...pair('ZERG_GRPC_TLS_CERT', 'ZERG_GRPC_TLS_KEY', ({ grpc }) => [grpc.tlsCert, grpc.tlsKey]),
  ...pair('ZERG_TASKS_SERVICE_TLS_CERT', 'ZERG_TASKS_SERVICE_TLS_KEY', ({ tasksService }) => [
    tasksService.tlsCert,
    tasksService.tlsKey,
  ]),
  {
    about: ['ZERG_GRPC_TLS_CLIENT_CA', 'ZERG_GRPC_TLS_CERT'],
    broken: ({ grpc }) =>
      grpc.tlsClientCa !== undefined &&
      grpc.tlsCert === undefined && {
        reason: 'asks clients for certificates, but the port has no TLS',
        fix: 'Set ZERG_GRPC_TLS_CERT and ZERG_GRPC_TLS_KEY, or remove it.',
      },
  },
  ...(['ZERG_TASKS_SERVICE_TLS_CA', 'ZERG_TASKS_SERVICE_TLS_CERT'] as const).map(withoutTls),
  {
    about: ['TASKS_SERVICE_ADDR', 'ZERG_TASKS_SERVICE_TLS'],
    broken: ({ tasksService: { tls, addresses } }) =>
      tls &&
      addresses.some(address => isIP(hostOf(address)) !== 0) && {
        reason: 'has an IP address, which no certificate is checked against',
        fix: 'Use the name that the certificate of the Tasks service has.',
      },
  },
]

type Values = readonly [string | undefined, string | undefined]

/** One without the other. */
function pair(name: string, other: string, of: (facts: Facts) => Values): readonly Rule[] {
  const half = (here: string, there: string, isHalf: (values: Values) => boolean): Rule => ({
    about: [here, there],
    broken: facts =>
      isHalf(of(facts)) && {
        reason: `is set without ${there}`,
        fix: `Set ${there} too, or remove ${here}.`,
      },
  })
  return [
    half(name, other, ([cert, key]) => cert !== undefined && key === undefined),
    half(other, name, ([cert, key]) => cert === undefined && key !== undefined),
  ]
}

function withoutTls(name: string): Rule {
  return {
    about: [name, 'ZERG_TASKS_SERVICE_TLS'],
    broken: ({ tasksService: { tls }, isSet }) =>
      !tls &&
      isSet(name) && {
        reason: 'has no effect, since the Tasks service is not reached by TLS',
        fix: `Set ZERG_TASKS_SERVICE_TLS=true, or remove ${name}.`,
      },
  }
}

const hostOf = (address: string) =>
  address.slice(0, address.lastIndexOf(':')).replaceAll(/^\[|\]$/g, '')
