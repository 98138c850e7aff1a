/** Vite bundles the worker into one script and exports a class that starts it from a blob. */
declare module '*?worker&inline' {
  const InlineWorker: new (options?: { readonly name?: string }) => Worker;
  export default InlineWorker;
}
