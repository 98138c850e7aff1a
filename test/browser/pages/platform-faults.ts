/** Makes one platform call throw an exception in the context that loads this module. */

export interface PlatformFault {
  /** A name of `PLATFORM_CALLS`. */
  readonly call: string;
  readonly exception: string;
  readonly message: string;
}

export function installFault(fault: PlatformFault): void {
  // The function is not an arrow function, because it also replaces constructors.
  function fail(): never {
    throw exceptionOf(fault);
  }
  switch (fault.call) {
    case 'indexedDB.open':
      failRequest(IDBFactory.prototype, 'open', fault);
      return;
    case 'indexedDB.databases':
      replace(IDBFactory.prototype, 'databases', fail);
      return;
    case 'indexedDB.deleteDatabase':
      failRequest(IDBFactory.prototype, 'deleteDatabase', fault);
      return;
    case 'IDBDatabase.transaction':
      if (fault.exception === 'InvalidStateError') replace(IDBDatabase.prototype, 'transaction', fail);
      else failTransaction(fault);
      return;
    case 'navigator.locks.request':
      replace(LockManager.prototype, 'request', async () => fail());
      return;
    case 'navigator.locks.query':
      replace(LockManager.prototype, 'query', async () => fail());
      return;
    case 'crypto.subtle':
      for (const name of ['digest', 'importKey', 'encrypt']) replace(SubtleCrypto.prototype, name, async () => fail());
      return;
    case 'new Worker':
      Reflect.set(globalThis, 'Worker', fail);
      return;
    case 'new RTCPeerConnection':
      Reflect.set(globalThis, 'RTCPeerConnection', fail);
      return;
    case 'RTCPeerConnection.createDataChannel':
      replace(RTCPeerConnection.prototype, 'createDataChannel', fail);
      return;
    case 'RTCPeerConnection.setLocalDescription':
      replace(RTCPeerConnection.prototype, 'setLocalDescription', async () => fail());
      return;
    case 'new WebSocket':
      Reflect.set(globalThis, 'WebSocket', fail);
      return;
    case 'WebSocket.send':
      replace(WebSocket.prototype, 'send', fail);
      return;
    case 'navigator.storage.persist':
      replace(StorageManager.prototype, 'persist', fail);
      return;
    case 'new BroadcastChannel':
      Reflect.set(globalThis, 'BroadcastChannel', fail);
      return;
    default:
      throw new Error(`no fault for ${fault.call}`);
  }
}

function exceptionOf({ exception, message }: PlatformFault): unknown {
  if (exception === 'TypeError') return new TypeError(message);
  return exception === 'ReferenceError' ? new ReferenceError(message) : new DOMException(message, exception);
}

function replace(prototype: object, name: string, by: () => unknown): void {
  Object.defineProperty(prototype, name, { value: by, configurable: true, writable: true });
}

/** Makes a request report an error after it has succeeded. */
function failRequest(prototype: object, name: string, fault: PlatformFault): void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== 'function') throw new Error(`${name} is no function`);
  Object.defineProperty(prototype, name, {
    value(this: unknown, ...parameters: unknown[]): unknown {
      const request: unknown = Reflect.apply(original, this, parameters);
      if (request instanceof IDBRequest) turn(request, 'success', 'error', fault);
      return request;
    },
  });
}

/** Makes a transaction abort instead of completing. */
function failTransaction(fault: PlatformFault): void {
  // oxlint-disable-next-line typescript/unbound-method -- called on its own database
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function transaction(this: IDBDatabase, ...parameters): IDBTransaction {
    const begun = begin.apply(this, parameters);
    turn(begun, 'complete', 'abort', fault);
    return begun;
  };
}

function turn(target: EventTarget, success: string, failure: string, fault: PlatformFault): void {
  target.addEventListener(success, (event) => {
    event.stopImmediatePropagation();
    Object.defineProperty(target, 'error', { value: exceptionOf(fault) });
    target.dispatchEvent(new Event(failure));
  });
}
