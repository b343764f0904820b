#!/usr/bin/env bash
# One run in one Slurm job: the coordinator on the first node, and the workers. The .sbatch files beside this one start
# it, in the folder of wagon's clone:
#     bash deploy/slurm/job.sh [options of train]
# In options, %a is the index of the job in its array, and @FILE stands for the options in the line of FILE with that
# number (empty lines and those that begin with # do not count).
set -u
# The job has a token of its own; one of the login shell is nobody else's business.
unset WAGON_TOKEN

fail() {
  echo "$1" >&2
  exit 2
}

[ -f deploy/slurm/worker.sh ] ||
  fail "Cannot find wagon in $PWD: a job must be submitted from the folder of its clone; cd there first"
export PATH=$PATH:$HOME/.deno/bin:$HOME/.local/bin
command -v deno >/dev/null ||
  fail "Cannot find deno on $(hostname): it must be in the PATH that the job was submitted with, found $PATH"

# The options of this run
options=()
for word in "$@"; do
  case $word in
    @*)
      line=$(grep -vE '^[[:space:]]*(#|$)' "${word#@}" | sed -n "${SLURM_ARRAY_TASK_ID:-1}p")
      [ -n "$line" ] || fail "Cannot find options in line ${SLURM_ARRAY_TASK_ID:-1} of ${word#@}: see --array"
      # xargs knows quotes, and runs nothing that stands in the line.
      while IFS= read -r -d '' one; do options+=("$one"); done < <(xargs printf '%s\0' <<<"$line")
      ;;
    *) options+=("${word//%a/${SLURM_ARRAY_TASK_ID:-%a}}") ;;
  esac
done

# The run's folder, and beside it what belongs to the job
id=$SLURM_JOB_ID
[ -z "${SLURM_ARRAY_JOB_ID:-}" ] || id=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
run=
kind=
for ((i = 0; i < ${#options[@]}; i++)); do
  case ${options[i]} in
    --out=* | --resume=*) kind=${options[i]%%=*} run=${options[i]#*=} ;;
    --out | --resume) kind=${options[i]} run=${options[i + 1]:-} ;;
  esac
done
if [ -z "$run" ]; then
  kind=--out run=runs/slurm-$id
  options+=(--out "$run")
fi
[ "$run" != latest ] || fail "Cannot resume the latest run in a job: another may be the latest once it starts; name it"
# Slurm counts how often it has put the job back into the queue.
[ "${SLURM_RESTART_COUNT:-0}" -eq 0 ] || [ "$kind" = --resume ] || options+=(--auto-resume)

place=runs/slurm/$id
(
  umask 077
  mkdir -p "$place"
  [ -s "$place/token" ] || od -An -N20 -tx1 /dev/urandom | tr -d ' \n' >"$place/token"
) || fail "Cannot write to $PWD/$place: a folder that all nodes share is required there"

# The address: that by which Slurm itself reaches the first node, and a port that no other job has.
first=$(scontrol show hostnames "${SLURM_JOB_NODELIST_HET_GROUP_0:-$SLURM_JOB_NODELIST}" | head -n 1)
host=$(scontrol show node "$first" --oneliner | sed -n 's/.* NodeAddr=\([^ ]*\).*/\1/p')
case $host in
  '') host=$first ;;
  *:*) host="[$host]" ;;
esac
port=$((10000 + SLURM_JOB_ID % 20000))
# Another program may have it. This script runs on the first node.
for ((i = 0; i < 100; i++)); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  port=$((port + 1))
done
# A certificate for this node, of this start: workers read it from the shared folder, which only this user can.
said=$(deno task --quiet keys --force --tls "$host,$first" --out "$place" 2>&1) || fail "$said"
echo "$host $port $first" >"$place/address.part"
mv "$place/address.part" "$place/address"

in_first=() in_workers=()
cpus=${SLURM_CPUS_PER_TASK:-1}
if [ -n "${SLURM_HET_SIZE:-}" ]; then
  in_first=(--het-group=0) in_workers=(--het-group=1)
  cpus=${SLURM_CPUS_PER_TASK_HET_GROUP_1:-1}
fi

# A step of Slurm's each, so that its signals reach them. This script gets SIGTERM when the job is cancelled or put back
# into the queue, and waits until the run is saved.
ended_by_slurm=
interrupted=
trap 'ended_by_slurm=1 interrupted=1' TERM
trap 'interrupted=1' USR1 USR2 HUP INT
. deploy/finish.sh

# The last of several options counts: those of the person stand between what may be changed and what may not.
srun ${in_first[@]+"${in_first[@]}"} --overlap --nodes=1 --ntasks=1 --nodelist="$first" --cpu-bind=none --kill-on-bad-exit=0 \
  deno task --quiet coordinator --exact --give-up-after 600 "${options[@]}" \
  --host 0.0.0.0 --port "$port" --token-file "$place/token" \
  --tls-cert "$place/wagon.crt" --tls-key "$place/wagon.key" </dev/null &
coordinator=$!
# Where a node fails, Slurm may end this step on all nodes: it is started again on those that are left.
keep_workers() {
  local size=() code left per_node=${SLURM_NTASKS_PER_NODE:-1}
  while kill -0 "$coordinator" 2>/dev/null; do
    srun ${in_workers[@]+"${in_workers[@]}"} ${size[@]+"${size[@]}"} --overlap --cpus-per-task="$cpus" \
      --no-kill --kill-on-bad-exit=0 --wait=0 bash deploy/slurm/worker.sh "$place" </dev/null
    code=$?
    # The run is over, or trying again is of no use.
    case $code in 0 | 2) return ;; esac
    sleep 2
    [ -z "${SLURM_HET_SIZE:-}" ] || continue
    left=$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%D)
    size=(--nodes="${left:-1}" --ntasks=$((${left:-1} * per_node)))
  done
}
keep_workers &
workers=$!

finish "$coordinator"
code=$?
rm -f "$place/address"
# Workers leave by themselves when the run is over.
for ((i = 0; i < 75; i++)); do
  kill -0 "$workers" 2>/dev/null || break
  sleep 0.2
done
kill "$workers" 2>/dev/null
finish "$workers"

if [ "$code" -ne 0 ]; then
  echo "The coordinator ended with exit code $code" >&2
  exit "$code"
fi
summary=$(deno task --quiet inspect "$run" --json)
state=$(sed -n 's/^  "state": "\([a-z]*\)".*/\1/p' <<<"$summary")
step=$(sed -n 's/^  "steps": \([0-9]*\).*/\1/p' <<<"$summary")
if [ "$state" = finished ]; then
  touch "$place/ended"
  rm -f "$place/token" "$place/wagon.key" "$place/wagon.crt"
  exit 0
fi
# Cancelled, or put back into the queue already
[ -z "$ended_by_slurm" ] || exit 0
# Starts in a row that made no step: a busy file system may take the time of one, but not of all.
before=$(cat "$place/step" 2>/dev/null || echo 0)
idle=$(cat "$place/idle" 2>/dev/null || echo 0)
[ "${step:-0}" -gt "$before" ] && idle=0 || idle=$((idle + 1))
if [ "$idle" -ge 3 ]; then
  echo "Stopped at step ${step:-0}, with no step in three starts: not put back into the queue; give the job more time" >&2
  exit 1
fi
echo "$idle" >"$place/idle"
echo "$step" >"$place/step"
echo "Saved at step $step: back into the queue"
scontrol requeue "$SLURM_JOB_ID"
