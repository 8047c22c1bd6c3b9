// With `type: 'file'`: the path to read it at, inside the executable too.

declare module '*.client.js' {
  const path: string
  export default path
}
declare module '*/standalone.js' {
  const path: string
  export default path
}
declare module '*/redoc.standalone.js' {
  const path: string
  export default path
}
declare module '*/swagger-ui-bundle.js' {
  const path: string
  export default path
}
declare module '*/swagger-ui.css' {
  const path: string
  export default path
}

// With `type: 'text'`: what it says.
declare module '*/errors.css' {
  const text: string
  export default text
}
declare module '*.svg' {
  const text: string
  export default text
}
