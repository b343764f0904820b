# Sourced by scripts whose traps set `interrupted`: waits for a child, however many signals come in between, and returns
# its exit code.
finish() {
  local code
  while :; do
    interrupted=
    wait "$1"
    code=$?
    [ -n "$interrupted" ] || return "$code"
  done
}
