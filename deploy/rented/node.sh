#!/usr/bin/env bash
# One rented machine of a run: the first is the coordinator's, and each has a worker.
#     WAGON_TOKEN=… bash deploy/rented/node.sh RANK FIRST GPUS [options of coordinator]
# RANK: number of this machine, from 0. FIRST: address of the machine with rank 0. GPUS: how many this machine has.
# skypilot.yaml and wagon.dstack.yml beside this file start it, in the folder of wagon's clone.
set -u

fail() {
  echo "$1" >&2
  exit 2
}

[ -f deploy/rented/node.sh ] || fail "Cannot find wagon in $PWD: this must be started in the folder of its clone"
[ $# -ge 3 ] || fail "Cannot start: RANK, FIRST and GPUS are required, found: $*"
if [ -n "${WAGON_TOKEN:-}" ]; then
  # In a file of this user's own: whoever may look at a process sees its variables.
  file=$(umask 077; mktemp) && printf '%s\n' "$WAGON_TOKEN" >"$file" || fail "Cannot write the token to a temporary file"
  exec env -u WAGON_TOKEN WAGON_TOKEN_FILE="$file" bash "$0" "$@"
fi
token=${WAGON_TOKEN_FILE:-}
[ -n "$token" ] || fail "Cannot start: the variable WAGON_TOKEN must be set, to the same text on all machines"
trap 'rm -f "$token"' EXIT
rank=$1 first=$2 gpus=${3:-0}
shift 3
export PATH=$PATH:$HOME/.deno/bin:$HOME/.local/bin
command -v deno >/dev/null || fail "Cannot find deno on $(hostname): it must be in the PATH, found $PATH"
case $first in
  *:*) first="[$first]" ;;
esac
port=${WAGON_PORT:-7700}

# A person's options stand in front of those that must not change: the last one of several counts.
coordinator=
if [ "$rank" -eq 0 ]; then
  deno task --quiet coordinator --give-up-after 1800 "$@" --host 0.0.0.0 --port "$port" \
    --token-file "$token" </dev/null &
  coordinator=$!
  # They share memory.
  first=127.0.0.1
fi

worker=
leaving=
interrupted=
# The run is saved, and workers say goodbye.
leave() {
  leaving=1 interrupted=1
  [ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null
  [ -z "$coordinator" ] || kill -TERM "$coordinator" 2>/dev/null
}
trap leave TERM INT HUP QUIT USR1 USR2

. deploy/finish.sh

devices=(--cpu)
if [ "$gpus" -gt 0 ]; then
  devices=(--gpu all --require-gpu)
  # Without CUDA, WebGPU may still work: the worker says which of them it uses.
  deno task --quiet setup-gpu </dev/null
fi
keep_worker() {
  local code
  while [ -z "$leaving" ]; do
    deno task --quiet worker --coordinator "ws://$first:$port" --token-file "$token" "${devices[@]}" \
      --name "node-$rank" </dev/null &
    worker=$!
    finish "$worker"
    code=$?
    worker=
    # The run is over, or trying again is of no use.
    case $code in 0 | 2) return "$code" ;; esac
    sleep 2 &
    wait $!
  done
}

if [ -z "$coordinator" ]; then
  keep_worker
  exit
fi
# A worker that comes first would say that there is none.
for ((i = 0; i < 300; i++)); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  kill -0 "$coordinator" 2>/dev/null || break
  sleep 0.2
done
# The worker of the first machine ends with its coordinator.
keep_worker
code=$?
# A worker that cannot take part does not end the run of the others.
[ "$code" -ne 2 ] || echo "This machine's worker cannot take part: its coordinator goes on for those of the others" >&2
finish "$coordinator"
