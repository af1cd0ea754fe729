#!/usr/bin/env bash
# Runs the freshness trials, the mixed load, the outages and the fault drills, one after the other, and prints the
# measurements of each drill. Installs Redis if it is missing.
# Passes its arguments to Jest: npm run test:faults -- full-disk. With --gate as the first argument, skips the suites in
# scripts/gate.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/gate.sh
. scripts/debian-packages.sh

need_debian redis-server:/usr/bin/redis-server

npm run build --silent
exec npx jest --selectProjects faults --maxWorkers 1 "${jest_arguments[@]}"
