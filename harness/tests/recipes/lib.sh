# What the tests of recipes share: NAME SOCKDRILL PROJECT ...; each works in a copy of the project, with sockdrill on PATH.
# shellcheck shell=bash
set -euo pipefail

unset GITHUB_ACTIONS GITHUB_WORKSPACE GITHUB_STEP_SUMMARY BUG DRILLFLAGS SOCKDRILL MAKEFLAGS MAKELEVEL CFLAGS DESTDIR
sockdrill=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$2" "$work/project"
cd "$work/project"
PATH=$(dirname "$sockdrill"):$PATH

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    sed 's/^/  said: /' "$work/said" >&2
    exit 1
}

# exits STATUS COMMAND...: what it says is in $work/said.
exits() {
    local wanted=$1 status=0
    shift
    "$@" >"$work/said" 2>&1 </dev/null || status=$?
    [[ $status -eq $wanted ]] || fail "$* exits with $status, not $wanted"
}
says() {
    local text
    for text; do grep -qF -- "$text" "$work/said" || fail "nothing says: $text"; done
}
