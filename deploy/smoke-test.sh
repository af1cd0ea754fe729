#!/usr/bin/env bash
# Tests the running compose.yaml: creates a key, uses it on both instances and revokes it. Meanwhile one instance is
# stopped and a new replica set primary is elected, and clients notice neither. Needs Docker. CI runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "smoke-test: $*" >&2
  exit 1
}
published=${KEYWARD_PUBLISH:-127.0.0.1:8080}
api=http://$published/v1/api-keys
status() { curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$@"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
inside() { docker compose exec -T "$1" node --env-file=/run/secrets/keyward_env "${@:2}"; }

root=$(inside keyward-1 dist/cli.js create-root-key --name smoke-test)
made=$(curl -sf --max-time 10 "$api" -H "Authorization: Bearer $root" -H 'Content-Type: application/json' \
  -d '{"name":"smoke","scopes":["api-keys:read"],"orgId":"acme"}')
id=$(field id <<<"$made")
token=$(field token <<<"$made")

for _ in 1 2 3 4; do
  [ "$(status "$api/self" -H "Authorization: Bearer $token")" = 200 ] || fail 'a good key is rejected'
done
[ "$(status "http://$published/metrics")" = 404 ] || fail 'metrics are public'

docker compose stop keyward-1
[ "$(status "$api/self" -H "Authorization: Bearer $token")" = 200 ] || fail 'one instance is not enough'
docker compose start keyward-1

docker compose stop mongo-1
for attempt in $(seq 30); do
  [ "$(status "$api" -H "Authorization: Bearer $token" -H 'Cache-Control: no-cache')" != 200 ] || break
  [ "$attempt" -lt 30 ] || fail 'no new primary took over within 30 tries'
  sleep 1
done
[ "$(status -X DELETE "$api/$id" -H "Authorization: Bearer $root")" = 204 ] || fail 'a key cannot be revoked'
sleep 2
[ "$(status "$api/self" -H "Authorization: Bearer $token")" = 401 ] || fail 'a revoked key is accepted'
docker compose start mongo-1
echo 'smoke-test: passed'
