// What the tests of kuzzle-sdk share.
import sdk from 'kuzzle-sdk';

export const { Http, Kuzzle, WebSocket } = sdk;

// The protocols of the SDK, by the name that the tests show.
export const protocols = { WebSocket, HTTP: Http };

// Connects an SDK to a gateway.
export async function connect(gateway, Protocol, { kuzzle: kuzzleOptions, ...options } = {}) {
  const kuzzle = new Kuzzle(new Protocol('127.0.0.1', { port: gateway.ports.kuzzle, ...options }), kuzzleOptions);
  await kuzzle.connect();
  return kuzzle;
}

// Resolves with what the SDK tells next at an event. (once() of node:events listens for "error" too, an event that the SDK refuses.)
export function next(kuzzle, event) {
  return new Promise((resolve) => {
    kuzzle.once(event, resolve);
  });
}

// Bounds each test, in ms: a client that waits for an answer for ever is a failure like others.
export const bounded = { timeout: 20_000 };

// The parts of a KuzzleError that a program looks at.
export function failure(status, id, code, message) {
  return { name: 'Error', status, id, code, message };
}
