// What is said about an error code.

/** `status` is the HTTP status (RFC 9110); the gRPC status is in `transport/grpc/errors.ts`. */
export type ErrorEntry = {
  status: number
  title: string
  meaning: string
  cause: string
  fix: string
}

type Texts = Pick<ErrorEntry, 'meaning' | 'cause' | 'fix'>

export const entry = (status: number, title: string, texts: Texts): ErrorEntry => ({
  status,
  title,
  ...texts,
})
