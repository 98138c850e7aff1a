/** Vite bundles the worker into one script and hands it over as a class that makes the worker from a blob. */
declare module '*?worker&inline' {
  const InlineWorker: new (options?: { readonly name?: string }) => Worker;
  export default InlineWorker;
}
