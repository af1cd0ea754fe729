# Sourced by scripts that need other people's programs: installs from Debian what is missing.

fail() {
  echo "$(basename "$0" .sh): $*" >&2
  exit 1
}

# Arguments are packages, each with a file that it brings.
need_debian() {
  local entry missing=()
  for entry in "$@"; do
    [ -e "${entry#*:}" ] || missing+=("${entry%%:*}")
  done
  [ ${#missing[@]} -eq 0 ] || install_debian "${missing[@]}"
}

# Without recommended packages.
install_debian() {
  local root=()
  echo "$(basename "$0" .sh): installing $*" >&2
  command -v apt-get >/dev/null || fail "no apt-get to install $* with: install them yourself"
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "neither root nor sudo to install $* with: install them yourself"
    root=(sudo -n)
  fi
  "${root[@]}" apt-get update -qq >&2 || fail "apt-get update failed"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2 ||
    fail "apt-get cannot install $*"
}
