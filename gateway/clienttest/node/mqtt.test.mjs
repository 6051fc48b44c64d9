// The npm package mqtt against the gateway's MQTT listener.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import mqtt from 'mqtt';

import { startGateway } from './gateway.mjs';

const versions = { '3.1.1': 4, 5: 5 };

describe('the npm package mqtt', { timeout: 20_000 }, () => {
  let gateway;

  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.close());

  for (const [name, protocolVersion] of Object.entries(versions)) {
    describe(`with MQTT ${name}`, () => {
      let client;

      before(async () => {
        client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, { protocolVersion });
        await client.subscribeAsync('Kuzzle/response');
      });
      after(() => client?.endAsync(true));

      it('creates and gets a profile', async () => {
        const _id = `mqtt-${protocolVersion}`;
        const body = { rateLimit: 7, policies: [{ roleId: 'default' }] };
        const created = await ask(client, { controller: 'security', action: 'createProfile', _id, body });
        assert.equal(created.status, 200);
        assert.equal(created.result._id, _id);
        assert.equal(created.result.created, true);

        const got = await ask(client, { controller: 'security', action: 'getProfile', _id });
        assert.equal(got.status, 200);
        assert.equal(got.result._source.rateLimit, 7);
        assert.deepEqual(got.result._source.policies, body.policies);
      });

      it('is told what went wrong', async () => {
        const answer = await ask(client, { controller: 'security', action: 'getProfile', _id: 'nobody' });
        assert.equal(answer.status, 404);
        assert.equal(answer.result, null);
        assert.equal(answer.error.id, 'security.profile.not_found');
      });

      it('keeps the answers of requests in flight apart', async () => {
        const ids = Array.from({ length: 30 }, (_, i) => `v${protocolVersion}-flight-${i}`);
        const answers = await Promise.all(
          ids.map((_id) => ask(client, { controller: 'security', action: 'createProfile', _id, body: { policies: [{ roleId: 'default' }] } })),
        );
        assert.deepEqual(answers.map((answer) => answer.result._id), ids);
      });
    });
  }
});

// Publishes a request, and resolves with the answer to it.
function ask(client, request) {
  const requestId = randomUUID();
  return new Promise((resolve, reject) => {
    const listen = (topic, payload) => {
      const answer = JSON.parse(payload);
      if (answer.requestId === requestId) {
        client.off('message', listen);
        resolve(answer);
      }
    };
    client.setMaxListeners(0);
    client.on('message', listen);
    client.publishAsync('Kuzzle/request', JSON.stringify({ requestId, ...request }), { qos: 1 }).catch(reject);
  });
}
