// Users, logins, tokens and API keys, through kuzzle-sdk and over both of its protocols.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startGateway } from './gateway.mjs';
import { bounded, connect, protocols, WebSocket } from './sdk.mjs';

const boss = { username: 'boss', password: 'secret' };

// Resolves with the error that a promise is rejected with.
async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}

for (const [name, Protocol] of Object.entries(protocols)) {
  describe(`users of kuzzle-sdk over ${name}`, bounded, () => {
    let gateway;
    let kuzzle;

    before(async () => {
      gateway = await startGateway();
      kuzzle = await connect(gateway, Protocol);
    });
    after(async () => {
      kuzzle?.disconnect();
      await gateway?.close();
    });

    it('makes the first administrator', async () => {
      assert.equal(await kuzzle.server.adminExists(), false);
      const body = { content: { name: 'Boss' }, credentials: { local: boss } };
      const result = await kuzzle.security.createFirstAdmin('boss', body, { reset: true });
      assert.equal(result._id, 'boss');
      assert.equal((await refused(kuzzle.server.now())).status, 401);
    });

    it('logs in', async () => {
      const jwt = await kuzzle.auth.login('local', boss, '1h');
      assert.match(jwt, /^kauth-/);
      assert.equal(kuzzle.jwt, jwt);
      assert.equal(await kuzzle.server.adminExists(), true);
      const token = await kuzzle.auth.checkToken();
      assert.equal(token.valid, true);
      assert.equal(token.kuid, 'boss');
      assert.ok(token.expiresAt > Date.now());
      const user = await kuzzle.auth.getCurrentUser();
      assert.equal(user._id, 'boss');
      assert.deepEqual(user.profileIds, ['admin']);
      assert.equal((await kuzzle.auth.getMyRights()).length, 1);
      assert.deepEqual(await kuzzle.auth.getStrategies(), ['local']);
      assert.equal(await kuzzle.auth.checkRights({ controller: 'server', action: 'now' }), true);
    });

    it('changes what is its own', async () => {
      assert.equal((await kuzzle.auth.updateSelf({ name: 'Chief' })).content.name, 'Chief');
      assert.deepEqual(await kuzzle.auth.getMyCredentials('local'), { username: 'boss', kuid: 'boss' });
      assert.equal(await kuzzle.auth.credentialsExist('local'), true);
      assert.equal(await kuzzle.auth.validateMyCredentials('local', boss), true);
      assert.equal((await kuzzle.auth.updateMyCredentials('local', { password: 'changed' })).username, 'boss');
      assert.equal(await kuzzle.auth.deleteMyCredentials('local'), true);
      assert.equal((await kuzzle.auth.createMyCredentials('local', boss)).kuid, 'boss');
      const { jwt } = await kuzzle.auth.refreshToken({ expiresIn: '2h' });
      assert.equal(kuzzle.jwt, jwt);
    });

    it('keeps API keys', async () => {
      const key = await kuzzle.auth.createApiKey('ci', { expiresIn: -1, _id: 'ci' });
      assert.match(key._source.token, /^kapikey-/);
      const other = await connect(gateway, Protocol);
      other.setAPIKey(key._source.token);
      assert.equal((await other.auth.getCurrentUser())._id, 'boss');
      assert.equal((await kuzzle.auth.searchApiKeys({})).total, 1);
      await kuzzle.auth.deleteApiKey('ci');
      assert.equal((await refused(other.auth.getCurrentUser())).status, 401);
      other.disconnect();
      assert.equal((await kuzzle.security.createApiKey('boss', 'x', { _id: 'x' }))._source.userId, 'boss');
      assert.equal((await kuzzle.security.searchApiKeys('boss')).total, 1);
      await kuzzle.security.deleteApiKey('boss', 'x');
    });

    it('manages users', async () => {
      const { security } = kuzzle;
      const body = { content: { profileIds: ['default'], age: 1 }, credentials: { local: { username: 'joe', password: 'pw' } } };
      assert.equal((await security.createUser('joe', body))._id, 'joe');
      assert.equal((await security.createRestrictedUser({ content: {}, credentials: {} }, 'eve')).profileIds[0], 'default');
      assert.equal((await security.getUser('joe')).content.age, 1);
      assert.equal((await security.updateUser('joe', { age: 2 })).content.age, 2);
      assert.equal((await security.replaceUser('joe', { profileIds: ['default'], age: 3 })).content.age, 3);
      const upsert = { controller: 'security', action: 'upsertUser', _id: 'max', body: { content: { profileIds: ['default'] } } };
      assert.equal((await kuzzle.query(upsert)).result._id, 'max');
      assert.equal((await security.mGetUsers(['joe', 'eve'])).length, 2);
      const found = await security.searchUsers({ query: { term: { profileIds: 'default' } } }, { size: 2 });
      assert.equal(found.total, 3);
      assert.equal((await found.next()).fetched, 3);
      const rights = await security.getUserRights('joe');
      assert.ok(rights.some(({ action, controller }) => controller === 'auth' && action === 'logout'));
      assert.equal(await security.checkRights('joe', { controller: 'security', action: 'getUser' }), false);
      assert.deepEqual(await security.getUserStrategies('joe'), ['local']);
      assert.deepEqual(await security.mDeleteUsers(['max']), ['max']);
      assert.equal((await security.deleteUser('eve'))._id, 'eve');
      assert.equal((await refused(security.getUser('eve'))).id, 'security.user.not_found');
    });

    it('manages credentials', async () => {
      const { security } = kuzzle;
      assert.equal(await security.hasCredentials('local', 'joe'), true);
      assert.deepEqual(await security.getCredentials('local', 'joe'), { username: 'joe', kuid: 'joe' });
      assert.equal((await security.getCredentialsById('local', 'joe')).kuid, 'joe');
      assert.deepEqual(await security.getCredentialFields('local'), ['username', 'password']);
      assert.deepEqual(await security.getAllCredentialFields(), { local: ['username', 'password'] });
      assert.equal((await security.updateCredentials('local', 'joe', { username: 'joseph' })).username, 'joseph');
      await security.deleteCredentials('local', 'joe');
      assert.equal(await security.hasCredentials('local', 'joe'), false);
      assert.equal(await security.validateCredentials('local', 'joe', { username: 'j', password: 'pw' }), true);
      assert.equal((await security.createCredentials('local', 'joe', { username: 'j', password: 'pw' })).username, 'j');
      const user = await connect(gateway, Protocol);
      await user.auth.login('local', { username: 'j', password: 'pw' });
      assert.equal((await refused(user.security.getUser('boss'))).status, 403);
      await kuzzle.query({ controller: 'security', action: 'revokeTokens', _id: 'joe' });
      assert.equal((await refused(user.auth.getCurrentUser())).id, 'security.token.invalid');
      user.disconnect();
    });

    it('logs out', async () => {
      await kuzzle.auth.logout();
      assert.equal((await kuzzle.auth.checkToken()).kuid, '-1');
    });
  });
}

describe('connections of kuzzle-sdk', bounded, () => {
  it('hear of the end of their token', async () => {
    const gateway = await startGateway();
    const kuzzle = await connect(gateway, WebSocket);
    try {
      await kuzzle.security.createFirstAdmin('boss', { content: {}, credentials: { local: boss } }, {});
      const expired = new Promise((resolve) => kuzzle.on('tokenExpired', resolve));
      await kuzzle.auth.login('local', boss, '1s');
      await expired;
    } finally {
      kuzzle.disconnect();
      await gateway.close();
    }
  });
});
