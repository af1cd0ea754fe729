# Sourced by scripts/integration.sh and scripts/faults.sh. Sets jest_arguments: the script's arguments, and what leaves out
# the suites below if the first argument is --gate.

# Suites that .ci/run leaves to `npm run test:full`, because they take too long. One line each, for example
#   test/faults/mixed-load.fault-spec.ts
not_in_the_gate=(
)

jest_arguments=("$@")
if [ "${1:-}" = --gate ]; then
  jest_arguments=("${@:2}")
  if [ "${#not_in_the_gate[@]}" -gt 0 ]; then
    jest_arguments+=(--testPathIgnorePatterns "${not_in_the_gate[@]}")
  fi
fi
