// What profiles and roles go through after they were made, through kuzzle-sdk and over both of its protocols.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startGateway } from './gateway.mjs';
import { bounded, connect, protocols } from './sdk.mjs';

const reading = { controllers: { document: { actions: { get: true, search: true } } } };

// The ids of what the SDK hands out, in order.
const ids = (things) => things.map((thing) => thing._id).sort();

for (const [name, Protocol] of Object.entries(protocols)) {
  describe(`profiles and roles of kuzzle-sdk over ${name}`, bounded, () => {
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

    it('replaces and updates a role', async () => {
      const made = await kuzzle.security.createOrReplaceRole('reader', { ...reading, note: 'first' });
      assert.equal(made._id, 'reader');
      const replaced = await kuzzle.security.createOrReplaceRole('reader', reading);
      assert.deepEqual(replaced.controllers, reading.controllers);
      const updated = await kuzzle.security.updateRole('reader', { controllers: { document: { actions: { '*': true } } } });
      assert.deepEqual(updated.controllers, { document: { actions: { '*': true } } });
      assert.deepEqual((await kuzzle.security.getRole('reader')).controllers, updated.controllers);
    });

    it('finds roles', async () => {
      assert.deepEqual(ids(await kuzzle.security.mGetRoles(['reader', 'admin'])), ['admin', 'reader']);
      const found = await kuzzle.security.searchRoles({ controllers: ['document'] });
      assert.deepEqual(ids(found.hits), ['admin', 'anonymous', 'default', 'reader']);
      assert.equal(found.total, 4);
    });

    it('replaces and updates a profile', async () => {
      const made = await kuzzle.security.createOrReplaceProfile('editors', { rateLimit: 7, tags: ['a'], policies: [{ roleId: 'reader' }] });
      assert.equal(made.rateLimit, 7);
      const replaced = await kuzzle.security.createOrReplaceProfile('editors', { policies: [{ roleId: 'reader' }] });
      assert.equal(replaced.rateLimit, 0);
      const updated = await kuzzle.security.updateProfile('editors', { tags: ['b'] });
      assert.deepEqual(updated.tags, ['b']);
      assert.deepEqual(updated.policies, [{ roleId: 'reader' }]);
      assert.deepEqual((await kuzzle.security.getProfile('editors')).tags, ['b']);
    });

    it('finds profiles by query, page after page', async () => {
      await kuzzle.security.createProfile('authors', { tags: ['b'], policies: [{ roleId: 'reader' }] });
      assert.deepEqual(ids(await kuzzle.security.mGetProfiles(['editors', 'authors'])), ['authors', 'editors']);
      const byTag = await kuzzle.security.searchProfiles({ query: { term: { tags: 'b' } } });
      assert.deepEqual(ids(byTag.hits), ['authors', 'editors']);
      const koncorde = await kuzzle.security.searchProfiles({ query: { equals: { tags: 'b' } } }, { lang: 'koncorde' });
      assert.equal(koncorde.total, 2);
      const pages = [];
      let page = await kuzzle.security.searchProfiles({ query: { term: { tags: 'b' } } }, { scroll: '10s', size: 1 });
      while (page) {
        pages.push(...page.hits);
        page = await page.next();
      }
      assert.deepEqual(ids(pages), ['authors', 'editors']);
    });

    it('lists the rights of a profile', async () => {
      assert.deepEqual(await kuzzle.security.getProfileRights('editors'), [
        { action: '*', collection: '*', controller: 'document', index: '*', value: 'allowed' },
      ]);
    });

    it('keeps mappings', async () => {
      const mapping = { properties: { color: { type: 'keyword' } } };
      const { security } = kuzzle;
      for (const [update, get] of [
        [security.updateProfileMapping, security.getProfileMapping],
        [security.updateRoleMapping, security.getRoleMapping],
        [security.updateUserMapping, security.getUserMapping],
      ]) {
        await update.call(security, mapping);
        const { mapping: kept } = await get.call(security);
        assert.deepEqual(kept.color, { type: 'keyword' });
      }
    });

    it('refreshes', async () => {
      for (const collection of ['profiles', 'roles', 'users']) {
        await kuzzle.security.refresh(collection);
      }
    });

    it('deletes what nothing uses', async () => {
      await assert.rejects(kuzzle.security.deleteRole('reader'), { id: 'security.role.in_use', status: 412 });
      await kuzzle.security.deleteProfile('authors');
      assert.deepEqual(await kuzzle.security.mDeleteProfiles(['editors']), ['editors']);
      await kuzzle.security.deleteRole('reader');
      await kuzzle.security.createRole('other', reading);
      assert.deepEqual(await kuzzle.security.mDeleteRoles(['other']), ['other']);
      await assert.rejects(kuzzle.security.mDeleteRoles(['admin']), { status: 206 });
      await assert.rejects(kuzzle.security.getProfile('editors'), { id: 'security.profile.not_found', status: 404 });
    });
  });
}
