// What the tests of kuzzle-sdk share.
import { once } from 'node:events';

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

// Resolves with what an emitter of the SDK says first.
export async function first(emitter, event) {
  const [value] = await once(emitter, event);
  return value;
}

// The parts of a KuzzleError that a program looks at.
export function failure(status, id, code, message) {
  return { name: 'Error', status, id, code, message };
}
