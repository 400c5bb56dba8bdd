#!/usr/bin/env bash
# Docker hosts for tests: engines that live apart on one machine, each in a network namespace as in a virtual machine.
#
#   hosts.sh builder DIR          an engine without networks, to build images: containers use the network of this machine
#   hosts.sh up DIR NAME...       a host for each name, joined by a switch; sockets are DIR/NAME/docker.sock
#   hosts.sh stop DIR NAME        ends one of them, its images and containers stay in DIR
#   hosts.sh down DIR             ends everything, and leaves nothing behind; also after a failure, and again and again
#
# Environment:
#   HOSTS_ID     names what is made: namespaces ID-NAME, link ID-root (default: ss)
#   HOSTS_NET    hosts are 10.77.NET.1, .2, … in order, this machine is .254 (default: 77)
#   HOSTS_TLS    folder with ca.pem, server-cert.pem, server-key.pem: the API is at port 2376 too, with TLS
#   HOSTS_FLAGS  further flags of dockerd
#
# Needs root, dockerd (docker.io), iptables, iproute2. Run a program as on a host: nsenter --net=/run/netns/ID-NAME PROGRAM.
set -euo pipefail

id=${HOSTS_ID:-ss}
net=${HOSTS_NET:-77}
command=${1:?builder, up, stop or down}
dir=$(realpath -m "${2:?a folder}")
shift 2

engine() {
  local name=$1 before=()
  shift
  mkdir -p "$dir/$name/data" "$dir/$name/exec"
  if [ -e "/run/netns/$id-$name" ]; then
    # Not `ip netns exec`, which mounts another /sys and hides the cgroups; a host name of its own, or all nodes share one.
    before=(nsenter "--net=/run/netns/$id-$name" unshare --uts sh -c "hostname $name; exec \"\$@\"" sh)
  fi
  # shellcheck disable=SC2086
  "${before[@]}" dockerd --data-root "$dir/$name/data" --exec-root "$dir/$name/exec" --pidfile "$dir/$name/pid" \
    -H "unix://$dir/$name/docker.sock" ${HOSTS_FLAGS:-} "$@" >"$dir/$name/log" 2>&1 </dev/null &
  for _ in $(seq 300); do
    if docker -H "unix://$dir/$name/docker.sock" version >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "the engine of $name does not answer; its last words:" >&2
  tail -5 "$dir/$name/log" >&2
  return 1
}

pid_of() { cat "$dir/$1/pid" 2>/dev/null || true; }

signal() {
  local pid
  pid=$(pid_of "$1")
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; fi
}

# After `signal`: waits for the engine, then undoes what it leaves.
finish() {
  local name=$1 pid
  pid=$(pid_of "$name")
  if [ -n "$pid" ]; then
    for _ in $(seq 300); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  fi
  # An engine that was killed leaves its containerd, and that its shims: all of them name the folder.
  pkill -9 -f -- "$dir/$name/exec" 2>/dev/null || true
  awk -v folder="$dir/$name/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
    umount -l "$mount" || true
  done
  rm -f "$dir/$name/pid"
}

case $command in
builder)
  engine builder --bridge none --iptables=false --ip6tables=false --ip-forward=false
  ;;
up)
  # The switch is in a namespace of its own: a firewall that drops what is forwarded would drop its frames too.
  ip netns add "$id-switch"
  ip -n "$id-switch" link add br0 type bridge
  ip -n "$id-switch" link set br0 up
  ip link add "$id-root" type veth peer name p0 netns "$id-switch"
  ip -n "$id-switch" link set p0 master br0 up
  ip addr add "10.77.$net.254/24" dev "$id-root"
  ip link set "$id-root" up
  number=0
  for name in "$@"; do
    number=$((number + 1))
    ip netns add "$id-$name"
    ip -n "$id-$name" link set lo up
    ip link add eth0 netns "$id-$name" type veth peer name "p$number" netns "$id-switch"
    ip -n "$id-switch" link set "p$number" master br0 up
    ip -n "$id-$name" addr add "10.77.$net.$number/24" dev eth0
    ip -n "$id-$name" link set eth0 up
    tls=()
    if [ -n "${HOSTS_TLS:-}" ]; then
      tls=(-H "tcp://10.77.$net.$number:2376" --tlsverify --tlscacert "$HOSTS_TLS/ca.pem"
        --tlscert "$HOSTS_TLS/server-cert.pem" --tlskey "$HOSTS_TLS/server-key.pem")
    fi
    engine "$name" "${tls[@]}"
  done
  ;;
stop)
  signal "$1"
  finish "$1"
  ;;
down)
  names=()
  for folder in "$dir"/*/; do
    if [ -d "$folder/exec" ]; then names+=("$(basename "$folder")"); fi
  done
  for name in "${names[@]}"; do signal "$name"; done
  for name in "${names[@]}"; do finish "$name"; done
  for space in /run/netns/"$id"-*; do
    if [ -e "$space" ]; then
      name=$(basename "$space")
      ip netns pids "$name" | xargs -r kill -9 2>/dev/null || true
      ip netns del "$name"
    fi
  done
  ip link del "$id-root" 2>/dev/null || true
  rm -rf "$dir"
  rmdir /sys/fs/cgroup/*/docker/buildkit /sys/fs/cgroup/*/docker 2>/dev/null || true
  ;;
*)
  echo "hosts.sh: $command is none of builder, up, stop, down" >&2
  exit 2
  ;;
esac
