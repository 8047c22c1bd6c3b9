// What a run of migrations has to tell while it lasts.

export type Progress =
  | { kind: 'waiting'; waitedMs: number }
  | { kind: 'started'; direction: Direction; version: number; name: string }
  | { kind: 'blocked'; version: number; attempt: number; retryInMs: number; by: string | undefined }
  | { kind: 'running'; version: number; elapsedMs: number }
  | { kind: 'done'; direction: Direction; version: number; name: string; durationMs: number }

export type Direction = 'up' | 'down'

export type Tell = (progress: Progress) => void
