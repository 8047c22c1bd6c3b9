// The registry of metrics: every series that Zerg exposes is declared here, and nowhere else.
// Label values come from fixed sets (route templates, method names), never from what clients send.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { createTally } from './tally.ts'

export type Metrics = ReturnType<typeof createMetrics>

const LATENCY_BUCKETS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

/** A registry of its own, so that two servers in one process (as in tests) do not share counters. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const histogram = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Histogram({ name, help, labelNames, registers, buckets: LATENCY_BUCKETS_S })
  const http = createTally({
    registers,
    labelNames: ['method', 'route', 'status'],
    bounds: LATENCY_BUCKETS_S,
    requests: { name: 'zerg_http_requests_total', help: 'HTTP requests answered.' },
    duration: {
      name: 'zerg_http_request_duration_seconds',
      help: 'Time from a request’s head to its answer.',
    },
  })

  return {
    registry,
    http: {
      ...http,
      inFlight: gauge('zerg_http_requests_in_flight', 'HTTP requests being handled.'),
      connections: gauge(
        'zerg_http_connections',
        'Open connections to the public HTTP port; 0 where the platform does not tell.',
      ),
    },
    grpc: {
      requests: counter('zerg_grpc_requests_total', 'gRPC calls answered.', ['method', 'status']),
      duration: histogram('zerg_grpc_request_duration_seconds', 'Time of a gRPC call.', [
        'method',
        'status',
      ]),
      inFlight: gauge('zerg_grpc_requests_in_flight', 'gRPC calls being handled.'),
      connections: gauge(
        'zerg_grpc_connections',
        'Open connections to the gRPC port; 0 where the platform does not tell.',
      ),
    },
    tasksService: {
      requests: counter(
        'zerg_tasks_service_requests_total',
        'Calls to the Tasks service, retries not counted.',
        ['method', 'status'],
      ),
      duration: histogram(
        'zerg_tasks_service_request_duration_seconds',
        'Time of a call to the Tasks service, retries included.',
        ['method', 'status'],
      ),
      retries: counter(
        'zerg_tasks_service_retries_total',
        'Attempts repeated towards the Tasks service.',
        ['method'],
      ),
      breakerOpen: gauge(
        'zerg_tasks_service_breaker_open',
        '1 while calls to the Tasks service are refused at once.',
      ),
    },
    database: {
      poolMax: gauge('zerg_database_pool_max', 'Connections that the pool may hold.'),
      poolInUse: gauge('zerg_database_pool_in_use', 'Connections at work.'),
      poolIdle: gauge('zerg_database_pool_idle', 'Connections at rest.'),
      poolWaiting: gauge('zerg_database_pool_waiting', 'Statements waiting for a connection.'),
      acquireTimeouts: counter(
        'zerg_database_acquire_timeouts_total',
        'Statements refused because no connection became free in time.',
      ),
      acquireWait: histogram(
        'zerg_database_acquire_wait_seconds',
        'Time waited for a connection by those that waited.',
      ),
      up: gauge('zerg_database_up', '1 while the database answers.'),
    },
    audit: {
      sealed: counter('zerg_audit_entries_sealed_total', 'Audit entries sealed by this instance.'),
      unsealed: gauge(
        'zerg_audit_unsealed_entries',
        'Audit entries that no seal holds yet, counted to 10,000.',
      ),
      lag: gauge(
        'zerg_audit_seal_lag_seconds',
        'Age of the oldest audit entry that no seal holds.',
      ),
      refusals: counter(
        'zerg_audit_refusals_total',
        'Refusals, by whether the audit log keeps an entry of its own for each.',
        ['kept'],
      ),
    },
    // Of the instance that did the work: each run is one instance's.
    periodic: {
      runs: counter('zerg_periodic_runs_total', 'Runs of periodic work by this instance.', [
        'task',
        'outcome',
      ]),
      duration: gauge(
        'zerg_periodic_last_duration_seconds',
        'How long the last run of this instance took.',
        ['task'],
      ),
      lastSuccess: gauge(
        'zerg_periodic_last_success_timestamp_seconds',
        'When this instance last did it well, since the epoch; the latest of all instances counts.',
        ['task'],
      ),
    },
    redis: {
      up: gauge('zerg_redis_up', '1 while Redis answers.'),
      commands: counter('zerg_redis_commands_total', 'Questions to Redis, by how they ended.', [
        'outcome',
      ]),
      duration: histogram('zerg_redis_command_duration_seconds', 'Time of a question to Redis.'),
      inFlight: gauge('zerg_redis_commands_in_flight', 'Questions to Redis without an answer yet.'),
      instances: gauge('zerg_instances', 'Instances that share this Redis, as last known.'),
    },
    auth: {
      revocationsLag: gauge(
        'zerg_auth_revocations_lag_seconds',
        'Time since this instance last looked for revocations; above 4 s it relies on nothing that it has looked up.',
      ),
      signIns: counter('zerg_auth_sign_ins_total', 'Sign-ins by password.', ['outcome']),
    },
    limits: {
      decisions: counter(
        'zerg_limit_decisions_total',
        'Requests counted against their limits, by what became of them.',
        ['policy', 'outcome'],
      ),
      clients: gauge('zerg_limit_clients', 'Clients whose limits this instance remembers.'),
      trips: counter('zerg_limit_trips_total', 'Questions to Redis about limits.'),
      alone: counter(
        'zerg_limit_alone_total',
        'Decisions of this instance by itself, because Redis did not answer.',
      ),
    },
    runtime: {
      loopLag: gauge(
        'zerg_event_loop_lag_seconds',
        'Worst delay of the event loop since the last scrape.',
      ),
      residentMemory: gauge(
        'zerg_process_resident_memory_bytes',
        'Resident memory of the process.',
      ),
      memoryLimit: gauge(
        'zerg_memory_limit_bytes',
        'Memory limit of the control group, or of the host.',
      ),
      cpu: counter('zerg_process_cpu_seconds_total', 'CPU time used by the process.'),
      startTime: gauge('zerg_process_start_time_seconds', 'Start of the process since the epoch.'),
      buildInfo: gauge('zerg_build_info', 'Always 1; the labels say what runs.', [
        'version',
        'commit',
        'bun',
      ]),
      state: gauge('zerg_lifecycle_state', '1 for the state that the process is in.', ['state']),
    },
    // Each finished shutdown is taken up by exactly one living instance, so that sums count it once.
    shutdown: {
      ended: counter(
        'zerg_shutdown_ended_total',
        'Shutdowns taken up by this instance, by how they ended.',
        ['outcome'],
      ),
      requestsDrained: counter(
        'zerg_shutdown_requests_drained_total',
        'Requests that finished during those shutdowns.',
      ),
      requestsCut: counter(
        'zerg_shutdown_requests_cut_total',
        'Requests that those shutdowns cut.',
      ),
      connectionsForced: counter(
        'zerg_shutdown_connections_forced_total',
        'Connections that those shutdowns closed by force.',
      ),
      duration: histogram(
        'zerg_shutdown_duration_seconds',
        'Time from the signal to the end of those shutdowns.',
      ),
      phaseSeconds: counter(
        'zerg_shutdown_phase_seconds_total',
        'Time spent in each phase of those shutdowns.',
        ['phase'],
      ),
    },
  }
}
