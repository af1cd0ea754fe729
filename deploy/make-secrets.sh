#!/bin/sh
# Creates the secrets of compose.yaml, once: passwords, the key of the replica set, and Keyward's settings with passwords.
# Existing secrets stay unchanged. Only you can open the folder. The files in it are readable by all, because the users
# inside the containers have other user ids than you.
set -eu
cd "$(dirname "$0")"
umask 077
if [ -e secrets/keyward_env ]; then
  echo 'make-secrets: deploy/secrets already exists, nothing is changed' >&2
  exit 0
fi
mkdir -p secrets
random() { openssl rand -hex 32; }
keyward_password=$(random)
redis_password=$(random)
hosts=mongo-1:27017,mongo-2:27017,mongo-3:27017

openssl rand -base64 512 > secrets/mongodb_key
random > secrets/mongodb_root_password
echo "$keyward_password" > secrets/mongodb_keyward_password
echo "requirepass $redis_password" > secrets/redis_conf
# Last, so that an interrupted run starts again from the beginning.
cat > secrets/keyward_env.part <<END
MONGODB_URI=mongodb://keyward:$keyward_password@$hosts/keyward?replicaSet=rs0&authSource=admin
REDIS_URL=redis://:$redis_password@redis:6379
END
mv secrets/keyward_env.part secrets/keyward_env
chmod 444 secrets/*
echo 'make-secrets: created deploy/secrets; keep a copy where you keep secrets' >&2
