// kuzzle-sdk, as npm has it, over both of its protocols.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startGateway } from './gateway.mjs';
import { bounded, connect, failure, protocols } from './sdk.mjs';

for (const [name, Protocol] of Object.entries(protocols)) {
  describe(`kuzzle-sdk over ${name}`, bounded, () => {
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

    it('connects as anonymous', async () => {
      assert.equal(kuzzle.connected, true);
      assert.deepEqual(await kuzzle.auth.checkToken(), { valid: true, kuid: '-1', expiresAt: null });
      assert.equal((await kuzzle.auth.getCurrentUser())._id, '-1');
    });

    it('reads the public API', async () => {
      const { result } = await kuzzle.query({ controller: 'server', action: 'publicApi' });
      assert.deepEqual(result.security.createProfile, {
        controller: 'security',
        action: 'createProfile',
        http: [{ path: '/profiles/:_id/_create', url: '/profiles/:_id/_create', verb: 'POST' }],
      });
    });

    it('asks the server about itself', async () => {
      assert.equal(await kuzzle.server.adminExists(), false);
      assert.ok(Math.abs((await kuzzle.server.now()) - Date.now()) < 60_000);
      assert.equal(typeof (await kuzzle.server.info()).serverInfo.kuzzle.version, 'string');
      const { result } = await kuzzle.query({ controller: 'server', action: 'healthCheck' });
      assert.equal(result.status, 'green');
    });

    it('creates and gets a role', async () => {
      const controllers = { security: { actions: { getProfile: true, '*': false } } };
      const created = await kuzzle.security.createRole('reader', { controllers }, { refresh: 'wait_for' });
      assert.equal(created._id, 'reader');
      assert.deepEqual(created.controllers, controllers);
      assert.deepEqual((await kuzzle.security.getRole('reader')).controllers, controllers);
    });

    it('creates indexes and collections', async () => {
      assert.equal(await kuzzle.index.exists('library'), false);
      await kuzzle.index.create('library');
      assert.equal(await kuzzle.index.exists('library'), true);
      assert.ok((await kuzzle.index.list()).includes('library'));

      assert.equal(await kuzzle.collection.exists('library', 'books'), false);
      await kuzzle.collection.create('library', 'books', { mappings: { properties: { title: { type: 'keyword' } } } });
      assert.equal(await kuzzle.collection.exists('library', 'books'), true);
      const { collections } = await kuzzle.collection.list('library');
      assert.deepEqual(collections, [{ name: 'books', type: 'stored' }]);
    });

    it('creates and gets a profile', async () => {
      const body = {
        rateLimit: 50,
        tags: ['staff', 'night'],
        policies: [
          { roleId: 'default' },
          { roleId: 'reader', restrictedTo: [{ index: 'library', collections: ['books'] }, { index: 'archive' }] },
        ],
      };
      const created = await kuzzle.security.createProfile('librarian', body, { refresh: 'wait_for' });
      const got = await kuzzle.security.getProfile('librarian');
      for (const profile of [created, got]) {
        assert.equal(profile._id, 'librarian');
        assert.equal(profile.rateLimit, 50);
        assert.deepEqual(profile.tags, body.tags);
        assert.deepEqual(profile.policies, body.policies);
        assert.equal(profile._kuzzle_info.author, null);
        assert.ok(Math.abs(profile._kuzzle_info.createdAt - Date.now()) < 60_000);
      }
      assert.deepEqual((await got.getRoles()).map((role) => role._id), ['default', 'reader']);
    });

    it('keeps identifiers that have to be escaped', async () => {
      for (const id of ['a/b', 'ä ö?#%25', '日本']) {
        await kuzzle.security.createProfile(id, { policies: [{ roleId: 'default' }] });
        assert.equal((await kuzzle.security.getProfile(id))._id, id);
      }
    });

    it('is strict where that is asked for', async () => {
      const restrictedTo = (index, ...collections) => ({ policies: [{ roleId: 'default', restrictedTo: [{ index, collections }] }] });
      const strict = { refresh: 'wait_for', strict: true };
      await kuzzle.security.createProfile('strict-good', restrictedTo('library', 'books'), strict);
      await assert.rejects(
        kuzzle.security.createProfile('strict-index', restrictedTo('nowhere'), strict),
        failure(412, 'services.storage.unknown_index', 16842753, 'The index "nowhere" does not exist.'),
      );
      await assert.rejects(
        kuzzle.security.createProfile('strict-collection', restrictedTo('library', 'books', 'films'), strict),
        { status: 412, id: 'services.storage.unknown_collection', code: 16842754 },
      );
      await kuzzle.security.createProfile('lax', restrictedTo('nowhere'), { strict: false });
    });

    it('finds profiles by their roles', async () => {
      const found = await kuzzle.security.searchProfiles({ roles: ['reader'] });
      assert.equal(found.total, 1);
      assert.equal(found.fetched, 1);
      assert.equal(found.hits[0]._id, 'librarian');
      assert.equal(found.hits[0].rateLimit, 50);
      assert.equal(await found.next(), null);
    });

    it('finds what it has just created', async () => {
      for (let i = 0; i < 10; i++) {
        const id = `seen-${i}`;
        await kuzzle.security.createProfile(id, { policies: [{ roleId: 'reader' }] }, { refresh: 'wait_for' });
        const { hits } = await kuzzle.security.searchProfiles({ roles: ['reader'] });
        assert.ok(hits.some((hit) => hit._id === id), id);
      }
    });

    it('pages through all profiles by size', async () => {
      const ids = [];
      let pages = 0;
      let total;
      for (let page = await kuzzle.security.searchProfiles({}, { from: 0, size: 4 }); page; page = await page.next()) {
        assert.ok(page.hits.length <= 4);
        ids.push(...page.hits.map((hit) => hit._id));
        total ??= page.total;
        pages++;
      }
      assert.equal(ids.length, total);
      assert.equal(pages, Math.ceil(total / 4));
      assert.equal(new Set(ids).size, total);
      for (const id of ['admin', 'anonymous', 'default', 'librarian']) {
        assert.ok(ids.includes(id), id);
      }
    });

    it('is told what went wrong', async () => {
      const policies = [{ roleId: 'default' }];
      await assert.rejects(
        kuzzle.security.getProfile('nobody'),
        failure(404, 'security.profile.not_found', 117833729, 'Profile "nobody" not found.'),
      );
      await assert.rejects(
        kuzzle.security.createProfile('admin', { policies }),
        failure(400, 'services.storage.document_already_exists', 16842769, 'Document already exists.'),
      );
      await assert.rejects(
        kuzzle.security.createProfile('p', { policies: [{ roleId: 'ghost' }] }),
        failure(404, 'security.role.not_found', 117768193, 'Role "ghost" not found.'),
      );
      await assert.rejects(
        kuzzle.security.createProfile('p', {}),
        failure(400, 'api.assert.missing_argument', 33619971, 'Missing argument "body.policies".'),
      );
      await assert.rejects(
        kuzzle.security.createProfile('p', { policies, rateLimit: -1 }),
        { status: 400, id: 'api.assert.invalid_argument', code: 33619970 },
      );
      await assert.rejects(kuzzle.security.getProfile('p'), { status: 404 });
    });

    it('keeps the answers of requests in flight apart', async () => {
      const ids = Array.from({ length: 40 }, (_, i) => `flight-${i}`);
      const requests = ids.flatMap((id) => [
        kuzzle.security.createProfile(id, { policies: [{ roleId: 'default' }], rateLimit: 1 }).then((profile) => profile._id),
        kuzzle.security.getProfile(`no-${id}`).catch((error) => error.message),
      ]);
      assert.deepEqual(
        await Promise.all(requests),
        ids.flatMap((id) => [id, `Profile "no-${id}" not found.`]),
      );
    });
  });
}
