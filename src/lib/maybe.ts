// Values that are usually there already. Waiting for one that is costs a turn of the event loop, on
// the way of every request.

export type Maybe<T> = T | Promise<T>

/** What `next` makes of the value: at once where it is there. Throws or rejects accordingly. */
export const chained = <T, R>(value: Maybe<T>, next: (value: T) => Maybe<R>): Maybe<R> =>
  value instanceof Promise ? value.then(next) : next(value)
