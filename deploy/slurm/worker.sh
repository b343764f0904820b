#!/usr/bin/env bash
# One worker in a task of a Slurm step, kept running until the run is over, or until Slurm asks it to leave:
#     bash deploy/slurm/worker.sh runs/slurm/JOB [--until-ended]
# With --until-ended, from another job than JOB, it also outlives the coordinator, until its run has ended.
set -u
place=$1
until_ended=${2:-}
unset WAGON_TOKEN
export PATH=$PATH:$HOME/.deno/bin:$HOME/.local/bin

# What Slurm has given to this task: GPUs are numbered from 0 in it, whatever their numbers on the node are.
options=()
gpus=
if [ -n "${SLURM_STEP_GPUS:-}${SLURM_GPUS_PER_TASK:-}${SLURM_GPUS_ON_NODE:-}" ]; then
  case ${CUDA_VISIBLE_DEVICES:-} in
    '' | NoDevFiles) ;;
    *) gpus=$(tr -cd , <<<"$CUDA_VISIBLE_DEVICES" | wc -c) ;;
  esac
fi
[ -z "$gpus" ] || options+=(--gpu "$(seq -s , 0 "$gpus")" --require-gpu)
# The mask of processor cores, e.g. 0-2,8, as 0,1,2,8. Without one Slurm counts cores, but keeps nobody to them.
mask=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
cores=$(tr , '\n' <<<"$mask" | sed 's/^\([0-9]*\)$/\1-\1/; s/-/ /' | xargs -n 2 seq -s , | paste -sd ,)
if [ "$(tr , '\n' <<<"$cores" | wc -l)" -lt "$(getconf _NPROCESSORS_CONF)" ]; then
  options+=(--cores "$cores")
else
  options+=(--threads "${SLURM_CPUS_PER_TASK:-1}")
fi
node=${SLURMD_NODENAME:-$(hostname)}
options+=(--name "$node-${SLURM_PROCID:-0}")

leaving=
interrupted=
worker=
# Slurm signals the worker, too; where it does not, this does.
leave() {
  leaving=1 interrupted=1
  [ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null
}
trap leave USR1 USR2 TERM INT HUP QUIT
. deploy/finish.sh

# A line of "host port node", or nothing while there is no coordinator.
address() {
  cat "$place/address" 2>/dev/null
}

pause() {
  sleep "$1" &
  wait $!
}

# Has the worker leave once the coordinator is somewhere else.
watch_address() {
  while sleep 2; do
    [ "$(address)" = "$1" ] && continue
    kill -TERM "$worker" 2>/dev/null
    return
  done
}

# Runs a worker for the coordinator at an address. Returns its exit code.
work() {
  local host port first watcher='' code certificate
  read -r host port first <<<"$1"
  # On the coordinator's node they share memory.
  [ "$node" != "$first" ] || host=127.0.0.1
  certificate=$(cksum "$place/wagon.crt" 2>/dev/null)
  deno task --quiet worker --coordinator "wss://$host:$port" --tls-ca "$place/wagon.crt" --token-file "$place/token" \
    "${options[@]}" </dev/null &
  worker=$!
  if [ -n "$until_ended" ]; then
    watch_address "$1" &
    watcher=$!
  fi
  finish "$worker"
  code=$?
  worker=
  [ -z "$watcher" ] || kill "$watcher" 2>/dev/null
  # The coordinator has started again, with a certificate that this worker did not know yet.
  [ "$code" -ne 2 ] || [ "$certificate" = "$(cksum "$place/wagon.crt" 2>/dev/null)" ] || code=1
  return "$code"
}

waiting=
while [ -z "$leaving" ] && [ ! -e "$place/ended" ]; do
  found=$(address)
  if [ -z "$found" ]; then
    [ -n "$until_ended" ] || break
    [ -n "$waiting" ] || echo "Waiting for the coordinator of $place: its job is not running"
    waiting=1
    pause 2
    continue
  fi
  waiting=
  work "$found"
  code=$?
  # Trying again is of no use.
  [ "$code" -ne 2 ] || exit 2
  # The run is over, or in another job's case it may be resumed.
  [ "$code" -ne 0 ] || [ -n "$until_ended" ] || break
  [ -n "$leaving" ] || pause 2
done
exit 0
