# For test scripts: check COMMAND... counts what holds, end_checks prints a line like Check's.
checks=0 failures=0
test_name=${0##*/}
check() {
    checks=$((checks + 1))
    "$@" || { failures=$((failures + 1)); echo "$test_name: failed: $*"; }
}
refuses() {
    ! "$@" >/dev/null 2>&1
}
same() { # TEXT TEXT: equal, or the lines that differ
    [ "$1" = "$2" ] && return
    printf '%s\n' "$1" >"$folder/one" && printf '%s\n' "$2" >"$folder/other"
    diff "$folder/one" "$folder/other"
    false
}
have() {
    command -v "$1" >/dev/null 2>&1 || { echo "$test_name: SKIPPED: there is no $1"; false; }
}
end_checks() { # LEAST: how many checks there must have been
    echo "100%: Checks: $checks, Failures: $failures, Errors: 0"
    [ "$checks" -ge "$1" ] && [ "$failures" -eq 0 ]
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
