# Sourced by scripts that need third-party programs. Installs missing ones from Debian.

fail() {
  echo "$(basename "$0" .sh): $*" >&2
  exit 1
}

# Installs packages that are missing: need_debian PACKAGE:FILE ... A package is missing if its file does not exist.
need_debian() {
  local entry missing=()
  for entry in "$@"; do
    [ -e "${entry#*:}" ] || missing+=("${entry%%:*}")
  done
  [ ${#missing[@]} -eq 0 ] || install_debian "${missing[@]}"
}

# Installs packages without recommended ones.
install_debian() {
  local root=()
  echo "$(basename "$0" .sh): installing $*" >&2
  command -v apt-get >/dev/null || fail "cannot install $* without apt-get: install them yourself"
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "cannot install $* without root or sudo: install them yourself"
    root=(sudo -n)
  fi
  "${root[@]}" apt-get update -qq >&2 || fail "apt-get update failed"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2 ||
    fail "apt-get cannot install $*"
}
