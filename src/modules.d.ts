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
