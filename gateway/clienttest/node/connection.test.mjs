// How long-lived connections of kuzzle-sdk fare: keep-alive in both of its manners, and a gateway that goes away and comes back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';

import { WebSocket as BrowserWebSocket } from 'undici';

import { startGateway } from './gateway.mjs';
import { bounded, connect, next, WebSocket } from './sdk.mjs';

const policies = [{ roleId: 'default' }];
const pingInterval = 250; // ms; the SDK's own is 2000
const pings = 4;

describe('connections of kuzzle-sdk', bounded, () => {
  const ownWebSocket = globalThis.WebSocket;
  let gateway;
  let kuzzle;

  before(async () => {
    gateway = await startGateway();
  });
  afterEach(() => {
    kuzzle?.disconnect();
    globalThis.WebSocket = ownWebSocket;
  });
  after(() => gateway?.close());

  it('stay alive by ping frames', async () => {
    delete globalThis.WebSocket; // Node has one since version 22, and the SDK then takes it
    kuzzle = await connect(gateway, WebSocket, { pingInterval });
    const lost = watchForLoss(kuzzle);
    for (let i = 0; i < pings; i++) {
      await Promise.race([once(kuzzle.protocol.client, 'pong'), lost]);
    }
    await kuzzle.server.now();
  });

  it('stay alive by ping messages, as in browsers', async () => {
    globalThis.WebSocket = BrowserWebSocket;
    kuzzle = await connect(gateway, WebSocket, { pingInterval });
    const lost = watchForLoss(kuzzle);
    for (let i = 0; i < pings; i++) {
      await Promise.race([nextPong(kuzzle.protocol.client), lost]);
    }
    await kuzzle.server.now();
  });

  it('are opened for browsers, which want their sub-protocol confirmed', async () => {
    // The SDK calls `new WebSocket(url, null)`; a browser makes the sub-protocol "null" of it, and hangs up if the answer names none.
    const request = http.get({
      host: '127.0.0.1',
      port: gateway.ports.kuzzle,
      path: '/',
      agent: false,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': Buffer.from('sixteen bytes...').toString('base64'),
        'Sec-WebSocket-Protocol': 'null',
      },
    });
    const [response, socket] = await once(request, 'upgrade');
    socket.destroy();
    assert.equal(response.headers['sec-websocket-protocol'], 'null');
  });

  it('come back after a restart, and send what was asked for meanwhile', async () => {
    kuzzle = await connect(gateway, WebSocket, { reconnectionDelay: 50, kuzzle: { offlineMode: 'auto' } });
    await kuzzle.security.createProfile('before', { policies });

    const disconnected = next(kuzzle, 'disconnected');
    await gateway.stop();
    await disconnected;
    const queued = kuzzle.security.createProfile('meanwhile', { policies });
    const reconnected = next(kuzzle, 'reconnected');
    await gateway.start();
    await reconnected;

    assert.equal((await queued)._id, 'meanwhile');
    assert.equal((await kuzzle.security.getProfile('before'))._id, 'before');
    assert.equal((await kuzzle.security.getProfile('meanwhile'))._id, 'meanwhile');
  });
});

// Rejects when the SDK gives its connection up.
function watchForLoss(kuzzle) {
  const lost = Promise.race(['networkError', 'disconnected'].map((event) => next(kuzzle, event))).then((reason) => {
    throw new Error(`connection lost: ${reason?.message ?? reason?.origin}`);
  });
  lost.catch(() => {}); // who races with it sees it
  return lost;
}

// Resolves with the next answer to a ping message. Answers to the SDK's own first requests may come before.
function nextPong(client) {
  return new Promise((resolve) => {
    client.addEventListener('message', function listen({ data }) {
      if (data === '{"p":2}') {
        client.removeEventListener('message', listen);
        resolve();
      }
    });
  });
}
