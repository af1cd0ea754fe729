#!/usr/bin/env bash
# Runs the freshness trials, the mixed load, the outages and the fault drills, one after the other, and prints what each
# drill has measured. Installs Redis if it is missing.
# Arguments go to jest: npm run test:faults -- full-disk. With --gate before them it leaves out what scripts/gate.sh lists.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/gate.sh
. scripts/debian-packages.sh

need_debian redis-server:/usr/bin/redis-server

npm run build --silent
exec npx jest --selectProjects faults --maxWorkers 1 "${jest_arguments[@]}"
