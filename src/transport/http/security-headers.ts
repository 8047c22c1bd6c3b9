// What every answer tells browsers about itself. One table, put together once; docs/http.md has the
// reasons, also why the ones for pages stay off JSON.

type Row = {
  name: string
  value: string
  /** `every` answer; only a `page`, which a browser shows and runs; what came by `tls`. */
  on: 'every' | 'page' | 'tls'
}

// Permissions that a page of ours would never ask for; a browser denies what is named with ().
const DENIED = ['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope']
  .concat('magnetometer', 'microphone', 'midi', 'payment', 'publickey-credentials-get')
  .concat('screen-wake-lock', 'serial', 'usb', 'xr-spatial-tracking')
  .map(feature => `${feature}=()`)

export const SECURITY_HEADERS: readonly Row[] = [
  { name: 'x-content-type-options', value: 'nosniff', on: 'every' },
  { name: 'x-frame-options', value: 'DENY', on: 'every' },
  // Pages state a policy of their own instead, which says no less about frames.
  {
    name: 'content-security-policy',
    value: "default-src 'none'; frame-ancestors 'none'",
    on: 'every',
  },
  { name: 'cross-origin-resource-policy', value: 'same-origin', on: 'every' },
  // Not for subdomains: what else lives under this host's name is not ours to decide.
  { name: 'strict-transport-security', value: 'max-age=31536000', on: 'tls' },
  { name: 'referrer-policy', value: 'no-referrer', on: 'page' },
  { name: 'cross-origin-opener-policy', value: 'same-origin', on: 'page' },
  { name: 'permissions-policy', value: DENIED.join(', '), on: 'page' },
  // The filter that this header once steered could be turned against a page; 0 keeps it off where it still is.
  { name: 'x-xss-protection', value: '0', on: 'page' },
]

type Set = Readonly<Record<string, string>>

const rowsOf = (...on: readonly Row['on'][]): Set =>
  Object.fromEntries(
    SECURITY_HEADERS.filter(row => on.includes(row.on)).map(({ name, value }) => [name, value]),
  )

/** For every answer. */
export const FOR_EVERY: Set = rowsOf('every')

/** The same for one that came by TLS: over plain HTTP a browser must not believe it (RFC 6797). */
export const FOR_TLS: Set = rowsOf('every', 'tls')

/** What a page adds to them. */
export const FOR_PAGES: Set = rowsOf('page')
