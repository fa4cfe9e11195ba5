# Sourced by fetch-kernel and fetch-iproute2: Debian's newer packages, looked for and fetched with apt, without a trace
# on this machine: its own sources and package lists stay as they are.

# look_into WORK SUITE... : sets $apt, the words after apt-get or apt-cache by which they look into these suites alone.
# WORK is a directory of the caller's, which removes it.
look_into() {
  local work=$1 suite
  shift
  local mirror=http://deb.debian.org/debian key=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/packages"
  for suite in "$@"; do
    echo "deb [signed-by=$key] $mirror $suite main"
  done >"$work/sources"
  apt=(-qq -o "Dir::Etc::sourcelist=$work/sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
    -o "Dir::Cache::archives=$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o APT::Sandbox::User=)
  apt-get "${apt[@]}" update 2>"$work/errors" || fail "cannot read Debian's package lists: $(tail -1 "$work/errors")"
}

# unpack WORK PACKAGE... : fetches them, and unpacks them into WORK/tree.
unpack() {
  local work=$1 package
  shift
  (cd "$work/packages" && apt-get "${apt[@]}" download "$@" 2>"$work/errors") ||
    fail "cannot fetch $*: $(tail -1 "$work/errors")"
  for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/tree"; done
}
