declare module '*.wasm' {
  const base64: string;
  export default base64;
}
declare module '*.js?text' {
  const program: string;
  export default program;
}
