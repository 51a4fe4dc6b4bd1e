# A suite with every outcome, for the tests of the reports: passed, with a warning, failed, skipped, failed by what a program
# printed. Each test is `bash NAME SOCKDRILL SOURCES`.
# shellcheck shell=bash
# shellcheck source=harness/tests/cli/lib.sh
source "$(dirname "$0")/../cli/lib.sh" "$@"
sources=$(realpath "$2")

# Fails in its first turn, and passes in the next one: the program leaves a mark where `--define mark=` says.
cat >flaky.drill <<'END'
scenario "fails once # SKIP and then \\ passes"
let mark = ""
program tool {
  run "sh" "-c" "test -e \"$1\" || { echo 'not yet ]]>' >&2; : >\"$1\"; exit 1; }" "tool" mark
  expect exit == 0
}
END
cat >hostile.drill <<'END'
scenario "the peer sends what breaks out of formats"
server host {
  listen tcp 127.0.0.1:0
  accept { recv "a line as long as what the peer sends, and in nothing like it\n" eof }
}
client guest {
  connect host
  send "\x1b]0;owned\x07]]></failure>\x00\xff\xed\xa0\x80\n  ...\nnot ok 99\nBail out!\n\u2028\u202e\ufeff\"\\\n"
}
client idle * 20 { wait guest }
END
cat >loud.drill <<'END'
scenario "a program says what breaks out of formats, and fails"
program tool {
  run "printf" "]]></system-out>\\033[2J\\000\\377\\n---\\n...\\nok 7\\n\\342\\200\\256 \"\\\\#\\n"
  expect exit == 1
}
END
cat >warned.drill <<'END'
scenario "a branch that nobody takes"
server host {
  listen tcp 127.0.0.1:0
  accept { recv eof }
}
client guest {
  connect host
  shutdown write
  either { recv "a" eof } or { recv eof }
}
END
everything=(good.drill bad.drill skip.drill hostile.drill loud.drill warned.drill)
