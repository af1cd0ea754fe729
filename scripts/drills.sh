#!/usr/bin/env bash
# Runs the fault drills, one after the other, and prints what each has measured. Installs Redis where it is missing.
# Arguments go to jest: npm run drills -- full-disk
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian-packages.sh

need_debian redis-server:/usr/bin/redis-server

npm run build --silent
exec npx jest --selectProjects drills --maxWorkers 1 "$@"
