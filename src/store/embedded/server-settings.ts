/** How the embedded PostgreSQL runs: durable, on a Unix socket only, small. */

export const DATABASE_USER = 'ringfence'
export const SOCKET_PORT = 5432

export const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  port: String(SOCKET_PORT),
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '20',
  shared_buffers: '64MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '512MB',
  wal_compression: 'off',
  io_method: 'sync',
  dynamic_shared_memory_type: 'mmap',
  jit: 'off',
  max_worker_processes: '2',
  max_parallel_workers_per_gather: '0',
  max_logical_replication_workers: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_line_prefix: '',
  log_checkpoints: 'off',
  log_autovacuum_min_duration: '-1',
  // A refused statement's text holds what callers sent: it stays out of the log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

/** The whole environment of PostgreSQL's processes: where the loader finds their libraries. */
export function libraryEnvironment(libraries: readonly string[]): Record<string, string> {
  const path = libraries.join(':')
  return { LC_ALL: 'C', LD_LIBRARY_PATH: path, DYLD_LIBRARY_PATH: path }
}
