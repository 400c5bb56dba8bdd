#!/usr/bin/env bash
# Docker hosts for tests: engines that live apart on one machine, each in a network namespace as in a virtual machine.
#
#   hosts.sh builder DIR               an engine without networks, to build images: containers use the network of this machine
#   hosts.sh up DIR NAME...            a host for each name, joined by a switch; sockets are DIR/NAME/docker.sock
#   hosts.sh load DIR TAR [NAME...]    loads images into the hosts named, or all, at the same time
#   hosts.sh swarm DIR [NAME...]       joins the hosts named, or all, to a Swarm; the first one manages it
#   hosts.sh cut|plug DIR NAME         pulls the network cable of a host, and puts it back
#   hosts.sh crash DIR NAME            switches a host off: every process of it dies at once
#   hosts.sh stop|start DIR NAME       ends an engine in order, and starts it anew with its images and containers
#   hosts.sh log DIR NAME              what the engine said last
#   hosts.sh down DIR                  ends everything, and leaves nothing behind; also after a failure, and again and again
#
# Environment:
#   HOSTS_ID     names what is made: namespaces ID-NAME, link ID-root, control groups hosts-ID (default: ss)
#   HOSTS_NET    hosts are 10.77.NET.1, .2, … in order, this machine is .254 (default: 77)
#   HOSTS_TLS    folder with ca.pem, server-cert.pem, server-key.pem: the API is at port 2376 too, with TLS
#   HOSTS_IMAGES files of docker save, divided by spaces, for `up`: every host has these images from the start
#   HOSTS_FLAGS  further flags of dockerd
#
# Needs root, dockerd (docker.io), iptables, iproute2. Run a program as on a host: nsenter --net=/run/netns/ID-NAME PROGRAM.
set -euo pipefail

fail() {
  echo "hosts.sh: $1" >&2
  exit "${2:-1}"
}

if [ $# -lt 2 ]; then
  sed -n '2,/^set /s/^#\( \|$\)//p' "$0" >&2
  exit 2
fi
id=${HOSTS_ID:-ss}
net=${HOSTS_NET:-77}
command=$1
dir=$(realpath -m "$2")
shift 2

# Every process of a host, its containers' too, is in the host's control group: so all of them are found, whatever died before.
cgroups=/sys/fs/cgroup
if [ ! -e "$cgroups/cgroup.controllers" ]; then cgroups=/sys/fs/cgroup/pids; fi

in_host() { docker -H "unix://$dir/$1/docker.sock" "${@:2}"; }

hosts() {
  local folder
  for folder in "$dir"/*/; do
    if [ -d "$folder/exec" ]; then basename "$folder"; fi
  done
}

address() { ip -n "$id-$1" -4 -o addr show dev eth0 | sed 's/.* inet \([0-9.]*\).*/\1/'; }

# Starts the engine of a host; `await_engine` waits for it, so that several start at the same time.
start_engine() {
  local name=$1 group="$cgroups/hosts-$id/$1/engine" before=() flags=() tls=${HOSTS_TLS:-}
  mkdir -p "$dir/$name/data" "$dir/$name/exec" "$group"
  if [ "$name" = builder ]; then
    flags=(--bridge none --iptables=false --ip6tables=false --ip-forward=false)
  else
    # Not `ip netns exec`, which mounts another /sys and hides the cgroups.
    before=(nsenter "--net=/run/netns/$id-$name")
    if [ -n "$tls" ]; then
      flags=(-H "tcp://$(address "$name"):2376" --tlsverify --tlscacert "$tls/ca.pem"
        --tlscert "$tls/server-cert.pem" --tlskey "$tls/server-key.pem")
    fi
  fi
  # A host name of its own, or all nodes share one; mounts of its own, which end with its last process.
  # shellcheck disable=SC2016,SC2086
  sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "${before[@]}" \
    unshare --uts --mount --propagation slave sh -c 'hostname "$1"; shift; exec "$@"' sh "$name" \
    dockerd --data-root "$dir/$name/data" --exec-root "$dir/$name/exec" --pidfile "$dir/$name/pid" \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/hosts-$id/$name/containers" \
    -H "unix://$dir/$name/docker.sock" "${flags[@]}" ${HOSTS_FLAGS:-} >"$dir/$name/log" 2>&1 </dev/null &
}

await_engine() {
  local name=$1
  for _ in $(seq 300); do
    if in_host "$name" version >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "the engine of $name does not answer; its last words:" >&2
  tail -5 "$dir/$name/log" >&2
  return 1
}

load_images() {
  local tar
  for tar in ${HOSTS_IMAGES:-}; do in_host "$1" load --quiet --input "$tar" >/dev/null; done
}

# One host loads the images, and the others get the same files: layers are never written to, so links do, which costs a disk little.
share_images() {
  local first=$1 name
  shift
  start_engine "$first"
  await_engine "$first"
  load_images "$first"
  stop_engine "$first"
  for name in "$@"; do
    mkdir -p "$dir/$name/data"
    cp -a --link "$dir/$first/data/overlay2" "$dir/$first/data/image" "$dir/$name/data/"
  done
}

# In order: what it has stays.
stop_engine() {
  local name=$1 pid
  pid=$(cat "$dir/$name/pid" 2>/dev/null || true)
  if [ -n "$pid" ] && members "$name/engine" | grep -qx "$pid"; then
    kill "$pid"
    for _ in $(seq 300); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  fi
  switch_off "$name"
}

# What a machine forgets without power goes too: an engine that reads old process ids takes them for its own.
switch_off() {
  kill_members "$1"
  unmount "$dir/$1"
  rm -rf "$dir/$1/exec"/* "$dir/$1/pid" "$dir/$1/docker.sock"
}

members() { find "$cgroups/hosts-$id${1:+/$1}" -name cgroup.procs -exec cat {} + 2>/dev/null || true; }

# Kills every process of a host, or of all hosts of this id, and waits until none is left. What forks meanwhile is found in the next round.
kill_members() {
  local pids
  for _ in $(seq 200); do
    pids=$(members "${1:-}")
    if [ -z "$pids" ]; then return; fi
    # shellcheck disable=SC2086
    kill -9 $pids 2>/dev/null || true
    sleep 0.05
  done
  fail "processes do not die: $pids"
}

# What is left of a host without processes: nothing, unless its mounts are seen from outside.
unmount() {
  awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
    umount -l "$mount" || true
  done
}

remove_groups() {
  local folder
  for folder in /sys/fs/cgroup/hosts-"$id" /sys/fs/cgroup/*/hosts-"$id"; do
    if [ -d "$folder" ]; then find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || true; fi
  done
}

case $command in builder | up | down) ;; load) tar=${1:?a tar file of docker save}; shift ;; swarm) ;; *) name=${1:?a host} ;; esac
case $command in
builder)
  start_engine builder
  await_engine builder
  ;;
up)
  if [ -e "/run/netns/$id-switch" ]; then fail "hosts of the id $id are there already; remove them: HOSTS_ID=$id $0 down DIR"; fi
  # The switch is in a namespace of its own: a firewall that drops what is forwarded would drop its frames too.
  ip netns add "$id-switch"
  ip -n "$id-switch" link add br0 type bridge
  ip -n "$id-switch" link set br0 up
  ip link add "$id-root" type veth peer name root netns "$id-switch"
  ip -n "$id-switch" link set root master br0 up
  ip addr add "10.77.$net.254/24" dev "$id-root"
  ip link set "$id-root" up
  number=0
  for name in "$@"; do
    number=$((number + 1))
    ip netns add "$id-$name"
    ip -n "$id-$name" link set lo up
    ip link add eth0 netns "$id-$name" type veth peer name "$name" netns "$id-switch"
    ip -n "$id-switch" link set "$name" master br0 up
    ip -n "$id-$name" addr add "10.77.$net.$number/24" dev eth0
    ip -n "$id-$name" link set eth0 up
  done
  if [ -n "${HOSTS_IMAGES:-}" ] && [ $# -gt 1 ]; then share_images "$@"; fi
  for name in "$@"; do start_engine "$name"; done
  for name in "$@"; do await_engine "$name"; done
  if [ $# = 1 ]; then load_images "$1"; fi
  ;;
load)
  if [ $# = 0 ]; then mapfile -t names < <(hosts); else names=("$@"); fi
  pids=()
  for name in "${names[@]}"; do
    in_host "$name" load --quiet --input "$tar" >/dev/null &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  ;;
swarm)
  if [ $# = 0 ]; then mapfile -t names < <(hosts); else names=("$@"); fi
  manager=${names[0]}
  in_host "$manager" swarm init --advertise-addr "$(address "$manager")" >/dev/null
  token=$(in_host "$manager" swarm join-token --quiet worker)
  for name in "${names[@]:1}"; do
    in_host "$name" swarm join --advertise-addr "$(address "$name")" --token "$token" "$(address "$manager"):2377" >/dev/null
  done
  ;;
cut) ip -n "$id-switch" link set "$name" down ;;
plug) ip -n "$id-switch" link set "$name" up ;;
crash) switch_off "$name" ;;
stop) stop_engine "$name" ;;
start)
  start_engine "$name"
  await_engine "$name"
  ;;
log) tail -n "${2:-50}" "$dir/$name/log" ;;
down)
  # No engine is asked to end in order: all that it has goes, and killed it takes a second in place of twenty.
  kill_members
  for space in /run/netns/"$id"-*; do
    if [ -e "$space" ]; then
      ip netns pids "$(basename "$space")" | xargs -r kill -9 2>/dev/null || true
      ip netns del "$(basename "$space")"
    fi
  done
  ip link del "$id-root" 2>/dev/null || true
  unmount "$dir"
  rm -rf "$dir"
  remove_groups
  ;;
*) fail "$command is none of builder, up, load, swarm, cut, plug, crash, stop, start, log, down" 2 ;;
esac
