// No search: it runs in a worker made from a blob, which the policy does not allow.
Redoc.init(
  '/openapi.json',
  { disableSearch: true, nativeScrollbars: true, sanitize: true, jsonSampleExpandLevel: 'all' },
  document.querySelector('#reference'),
)
