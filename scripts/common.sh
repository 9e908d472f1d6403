# What the scripts of this folder share: paths, messages, the check for Swift. Sourced, not run.
# Changes to the project's root, so that every script works from any directory.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# The model of the demo and of the end-to-end tests; Models/README.md says where it comes from.
# shellcheck disable=SC2034
model=Models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# Stops unless Swift 6.2 or later is there and starts.
require_swift() {
  local version
  command -v swift >/dev/null || fail "Swift is not installed; get 6.2 or later: https://swift.org/install"
  version=$(swift --version 2>&1) || fail "Swift does not start (https://swift.org/install): $version"
  [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "unknown Swift version: $version"
  ((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] >= 602)) ||
    fail "Swift is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}, but 6.2 or later is needed: https://swift.org/install"
}
