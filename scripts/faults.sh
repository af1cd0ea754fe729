#!/usr/bin/env bash
# Runs the freshness trials, the mixed load, the outages and the fault drills, one after the other, and prints what each
# drill has measured. Installs Redis if it is missing.
# Arguments go to jest: npm run test:faults -- full-disk
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian-packages.sh

need_debian redis-server:/usr/bin/redis-server

npm run build --silent
exec npx jest --selectProjects faults --maxWorkers 1 "$@"
