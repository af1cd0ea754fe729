// For mongosh on mongo-1's own network: creates the replica set and its two users. Can be run again safely.
const { readFileSync } = require('fs');

const MEMBERS = ['mongo-1:27017', 'mongo-2:27017', 'mongo-3:27017'];
const secretOf = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').trim();
const root = { user: 'root', pwd: secretOf('mongodb_root_password') };
const keyward = { user: 'keyward', pwd: secretOf('mongodb_keyward_password') };

/** At first there is no user. Then a server allows a client on its own machine to create the first one. */
function begin(local) {
  try {
    local.runCommand({
      replSetInitiate: {
        _id: 'rs0',
        // mongo-1 is elected first, so that it can create the first user.
        members: MEMBERS.map((host, _id) => ({ _id, host, priority: _id === 0 ? 2 : 1 })),
      },
    });
  } catch (error) {
    if (error.codeName !== 'AlreadyInitialized') throw error;
  }
  const patience = Date.now() + 60_000;
  while (!local.hello().isWritablePrimary) {
    if (Date.now() > patience) throw new Error('mongo-1 was not elected within a minute');
    sleep(500);
  }
  local.createUser({ ...root, roles: ['root'] });
}

function canSignIn(local) {
  try {
    return local.auth(root.user, root.pwd).ok === 1;
  } catch (error) {
    if (error.codeName === 'AuthenticationFailed') return false;
    throw error;
  }
}

const local = new Mongo('mongodb://127.0.0.1:27017/?directConnection=true').getDB('admin');
if (!canSignIn(local)) begin(local);

// From here on, use the current primary, which may be another member.
const password = encodeURIComponent(root.pwd);
const admin = new Mongo(`mongodb://root:${password}@${MEMBERS.join()}/admin?replicaSet=rs0`).getDB('admin');
if (admin.getUser(keyward.user) === null) {
  admin.createUser({ ...keyward, roles: [{ role: 'readWrite', db: 'keyward' }] }, { w: 'majority' });
}
print('mongo-init: the replica set and its users exist');
