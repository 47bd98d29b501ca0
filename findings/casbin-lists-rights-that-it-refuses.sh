#!/usr/bin/env bash
# casbin says that a deep role has a right, and refuses it when it is asked.
#
# One would guess: roles inherit from roles to any depth, as getImplicitPermissionsForUser lists them, and what it lists is what enforce allows.
#
# True (casbin for Node 5.51.1): enforce follows ten steps of inheritance and stops without a word; the lists go all the way. In a chain of
# accounts, each with the rights of the one above, the eleventh below is told that it may read, and is refused. No error and no warning: the ten
# is written into the enforcer, and is nowhere in its configuration or model. A role manager of one's own with another number mends it. The Go original has the same
# number and made its lists stop there, too, in 2025.
#
# Source: npm casbin 5.51.1 (lib/cjs/coreEnforcer.js, lib/cjs/rbac/defaultRoleManager.js); https://github.com/apache/casbin/issues/1507
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund casbin@5.51.1
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { DefaultRoleManager, newEnforcer, newModelFromString } from 'casbin';

const MODEL = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
`;

/** How deep below level0, which may read, accounts may read: as they are listed, and as they are asked for. */
async function depths(most) {
  const enforcer = await newEnforcer(newModelFromString(MODEL));
  if (most) enforcer.setRoleManager(new DefaultRoleManager(most));
  await enforcer.addPolicy('level0', 'usage', 'read');
  for (let depth = 1; depth <= 15; depth += 1) await enforcer.addGroupingPolicy(`level${depth}`, `level${depth - 1}`);
  if (most) await enforcer.buildRoleLinks();
  let [listed, allowed] = [0, 0];
  for (let depth = 1; depth <= 15; depth += 1) {
    const rights = await enforcer.getImplicitPermissionsForUser(`level${depth}`);
    if (rights.some(([, of, act]) => of === 'usage' && act === 'read')) listed = depth;
    if (await enforcer.enforce(`level${depth}`, 'usage', 'read')) allowed = depth;
  }
  return { listed, allowed };
}
const [stock, deeper] = [await depths(), await depths(15)];
console.log('of 15 levels may read:', stock, '| with a role manager of 15 levels:', deeper);
assert.deepEqual(stock, { listed: 15, allowed: 10 });
assert.deepEqual(deeper, { listed: 15, allowed: 15 });
JS
node show.mjs
