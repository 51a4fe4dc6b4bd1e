# What the tests of the command line share. Each test is `bash NAME SOCKDRILL`; it works in a folder of its own.
# shellcheck shell=bash
set -euo pipefail

sockdrill=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TMPDIR=$work/tmp TERM=xterm
mkdir tmp
unset SOCKDRILL_FAIL_ON_SKIP NO_COLOR GITHUB_ACTIONS GITHUB_WORKSPACE GITHUB_STEP_SUMMARY BAZEL_TEST TEST_SHARD_INDEX TEST_TOTAL_SHARDS TEST_SHARD_STATUS_FILE TESTBRIDGE_TEST_ONLY XML_OUTPUT_FILE

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    for file in out err; do
        [ ! -s "$work/$file" ] || sed "s/^/  $file: /" "$work/$file" >&2
    done
    exit 1
}

# expect CODE ARGUMENT...: runs sockdrill, and wants that exit code; what it printed is in the files out and err.
expect() {
    local wanted=$1 code=0
    shift
    "$sockdrill" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
    [ "$code" -eq "$wanted" ] || fail "sockdrill $*: exit code $code, wanted $wanted"
}

# says FILE TEXT...: every TEXT stands in the file.
says() {
    local file=$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$work/$file" || fail "$file does not say: $text"
    done
}

# sanitized WHICH: whether the program is built so, `asan` or `tsan`. (All is read: a pipe that breaks would be a no.)
sanitized() { nm -D "$sockdrill" 2>/dev/null | grep "__$1_init" >/dev/null; }

silent() {
    [ ! -s "$work/$1" ] || fail "$1 should be empty"
}

lines() {
    [ "$(wc -l <"$work/$1")" -eq "$2" ] || fail "$1 has $(wc -l <"$work/$1") lines, wanted $2"
}

# Nothing of ours is left where scratch folders are made.
nothing_left() {
    [ -z "$(ls -A tmp)" ] || fail "left in TMPDIR: $(ls tmp)"
}

cat >good.drill <<'END'
scenario "hello is answered"
tags tcp, quick
let word = "hello"
server host {
  listen tcp 127.0.0.1:0
  accept {
    recv "hello"
    send "world"
    recv eof
  }
}
client guest {
  connect host
  send word
  recv "world"
}
END
cat >bad.drill <<'END'
scenario "hello is answered wrongly"
tags tcp, slow
server host {
  listen tcp 127.0.0.1:0
  accept {
    recv "hello"
    recv eof
  }
}
client guest {
  connect host
  send "hullo"
}
END
cat >skip.drill <<'END'
scenario "needs what no machine has"
tags never
requires program "no-such-program-anywhere"
client c { expect 1 == 1 }
END
cat >wrong.drill <<'END'
scenario "its text is wrong"
client c {
  conect host
  sent "x"
}
END
cat >path.drill <<'END'
scenario "a path in the scratch folder"
server host { listen unix sock
  accept { recv eof } }
client guest { connect host }
END
