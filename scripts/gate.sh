# Sourced by scripts/integration.sh and scripts/faults.sh. Sets jest_arguments to the script's arguments. If the first one is
# --gate, adds options that skip the suites below.

# Suites that take too long for .ci/run. Only `npm run test:full` runs them. One line each.
not_in_the_gate=(
  test/faults/rolling-upgrade.drill-spec.ts
  test/integration/nest-monorepo.integration-spec.ts
  test/integration/nest-new.integration-spec.ts
  test/integration/node-versions.integration-spec.ts
  test/integration/package-combinations.integration-spec.ts
)

jest_arguments=("$@")
if [ "${1:-}" = --gate ]; then
  jest_arguments=("${@:2}")
  if [ "${#not_in_the_gate[@]}" -gt 0 ]; then
    jest_arguments+=(--testPathIgnorePatterns "${not_in_the_gate[@]}")
  fi
fi
