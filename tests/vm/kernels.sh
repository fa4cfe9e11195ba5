# Sourced by boot, choose-kernel and fetch-kernel: where fetched kernels are kept, and which release is meant.

# A directory for each fetched release, with what its packages install: boot/ and lib/modules/.
kernel_cache() {
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/ebond-vm/kernels"
}

# begins_so RELEASE PREFIX: "6.1" begins 6.1.0-56-amd64, and not 6.12.9-amd64. Without a prefix, Debian's.
begins_so() {
  local release=$1 prefix=$2
  local rest=${release#"$prefix"}
  [ -n "$prefix" ] || { [[ $release == *-amd64 ]]; return; }
  [ "$release" = "$prefix$rest" ] && [[ $prefix == *[!0-9] || $rest != [0-9]* ]]
}
