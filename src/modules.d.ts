// What an import of something that is not TypeScript is.

declare module '*.sql' {
  const text: string
  export default text
}
declare module '*.txt' {
  const text: string
  export default text
}
declare module '*.proto' {
  const text: string
  export default text
}
// With `type: 'file'`: the path to read it at, inside the executable too.
declare module '*.wasm' {
  const path: string
  export default path
}
declare module '*.data' {
  const path: string
  export default path
}
declare module '*.pack' {
  const path: string
  export default path
}
declare module '*.cdx' {
  const path: string
  export default path
}
