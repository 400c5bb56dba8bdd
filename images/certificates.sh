#!/usr/bin/env bash
# Makes certificates for a lab: an authority, a server certificate, a client certificate. For gateways (mqtts), Kafka, Docker's API.
#
#   certificates.sh [options] DIR NAME|ADDRESS...   server and client certificate in DIR; an authority too where DIR has none
#   certificates.sh --host HOST DIR NAME|ADDRESS... certificate of a further server, under the authority of DIR: DIR/HOST
#   certificates.sh --client USER DIR               certificate of a further client, under the authority of DIR: DIR/USER
#
# Options:
#   --days N      how long server and client certificates are valid (default: 825)
#   --ca-days N   how long a new authority is valid (default: 3650)
#   --renew       replace certificates that are there, with new keys; the authority stays
#   --help        this text
#
# Examples:
#   certificates.sh tls localhost 127.0.0.1 ::1                 # one machine
#   certificates.sh tls gateway gateway.example.org 10.0.0.12   # every name and address that clients will use
#   certificates.sh --host sensor-1 tls sensor-1 10.0.0.11      # one more host under the same authority
#   certificates.sh --client temp-0001 tls                      # a device that logs in as temp-0001 (--tls-ca, --tls-user cn)
#   DOCKER_CERT_PATH=tls docker -H tcp://10.0.0.12:2376 --tlsverify ps
#
# Files, by the names that Docker knows: ca.pem, ca-key.pem (authority), server-cert.pem, server-key.pem, cert.pem, key.pem (client).
# Keys are EC P-256, not encrypted, mode 0600. Whoever has ca-key.pem can make certificates that all of these machines take:
# keep it off every machine that does not make any. Works with OpenSSL 1.1.1 and 3. Exit codes: 0 done, 2 wrong usage,
# 3 openssl is missing or the folder cannot be written, 4 openssl failed.
set -euo pipefail
umask 077

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p;}' "$0"; }
fail() {
  printf 'certificates.sh: %s\n' "$1" >&2
  exit "${2:-2}"
}

days=825
ca_days=3650
renew=no
host=
client=
words=()
while [ $# -gt 0 ]; do
  case $1 in
  --help | -h)
    usage
    exit 0
    ;;
  --renew) renew=yes ;;
  --days | --ca-days | --host | --client)
    [ $# -ge 2 ] || fail "$1 needs a value"
    case $1 in
    --days) days=$2 ;;
    --ca-days) ca_days=$2 ;;
    --host) host=$2 ;;
    --client) client=$2 ;;
    esac
    shift
    ;;
  -*) fail "there is no option $1; --help tells those there are" ;;
  *) words+=("$1") ;;
  esac
  shift
done

[ ${#words[@]} -ge 1 ] || fail "name a folder, then the names and addresses of the server; --help has examples"
dir=${words[0]}
names=("${words[@]:1}")

whole_days() { [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || fail "$1 $2: not a number of days, 1 to 99999"; }
whole_days --days "$days"
whole_days --ca-days "$ca_days"
# A host or user becomes a folder's name and a subject: nothing that means something in either.
plain_name() { [[ $2 =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]] || fail "$1 $2: letters, digits, dots, - and _ only, 64 at most"; }
[ -z "$host" ] || plain_name --host "$host"
[ -z "$client" ] || plain_name --client "$client"
[ -z "$host" ] || [ -z "$client" ] || fail "--host and --client are two calls"
if [ -n "$client" ]; then
  [ ${#names[@]} -eq 0 ] || fail "--client takes no names or addresses (${names[*]}): a client's are not checked"
else
  [ ${#names[@]} -ge 1 ] || fail "name every name and address that clients will use for the server, as in: certificates.sh $dir localhost 127.0.0.1"
fi

is_ipv4() {
  local part parts
  [[ $1 =~ ^[0-9]+(\.[0-9]+){3}$ ]] || return 1
  IFS=. read -r -a parts <<<"$1"
  for part in "${parts[@]}"; do
    [ ${#part} -le 3 ] && [ "$((10#$part))" -le 255 ] || return 1
  done
}
is_ipv6() {
  # Eight groups, or fewer with one :: among them.
  local colons=${1//[^:]/}
  [[ $1 =~ ^[0-9A-Fa-f:]+$ && ! $1 =~ [0-9A-Fa-f]{5} && $1 != *:::* && $1 != *::*::* ]] || return 1
  [[ ! $1 =~ ^:[^:] && ! $1 =~ [^:]:$ ]] || return 1
  if [[ $1 == *::* ]]; then [ ${#colons} -le 8 ]; else [ ${#colons} -eq 7 ]; fi
}
is_dns() {
  [ ${#1} -le 253 ] && [[ $1 =~ ^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*$ ]] && [[ ! $1 =~ ^[0-9.]+$ ]]
}

alternatives=
wrong=()
for name in "${names[@]+"${names[@]}"}"; do
  if is_ipv4 "$name" || is_ipv6 "$name"; then
    alternatives+="${alternatives:+,}IP:$name"
  elif is_dns "$name"; then
    alternatives+="${alternatives:+,}DNS:$name"
  else
    wrong+=("$name")
  fi
done
[ ${#wrong[@]} -eq 0 ] || fail "neither host names nor addresses (no port, no scheme, no mask): ${wrong[*]}"
command -v openssl >/dev/null || fail "openssl is not installed (Debian, Ubuntu: apt-get install openssl)" 3

target=$dir${host:+/$host}${client:+/$client}
has_ca=no
if [ -e "$dir/ca.pem" ] || [ -e "$dir/ca-key.pem" ]; then
  [ -e "$dir/ca.pem" ] || fail "$dir has ca-key.pem, but no ca.pem: restore it, or take another folder"
  [ -e "$dir/ca-key.pem" ] || fail "$dir has ca.pem, but no ca-key.pem: make certificates where the authority's key is"
  has_ca=yes
  openssl x509 -in "$dir/ca.pem" -noout 2>/dev/null || fail "$dir/ca.pem is not a certificate"
  openssl x509 -in "$dir/ca.pem" -noout -checkend $((days * 86400)) >/dev/null ||
    fail "the authority in $dir ends within $days days ($(openssl x509 -in "$dir/ca.pem" -noout -enddate)): choose fewer --days, or make a new one elsewhere"
elif [ -n "$host$client" ]; then
  fail "$dir has no authority yet (ca.pem, ca-key.pem): certificates.sh $dir NAME|ADDRESS... makes one"
elif [ "$ca_days" -lt "$days" ]; then
  fail "--ca-days $ca_days is less than --days $days: no certificate may outlive its authority"
fi

made=()
[ -n "$client" ] || made+=(server-cert.pem server-key.pem)
[ -n "$host" ] || made+=(cert.pem key.pem)
if [ "$renew" = no ]; then
  for file in "${made[@]}"; do
    [ ! -e "$target/$file" ] || fail "$target/$file is there already: --renew replaces it, --host HOST and --client USER make further ones"
  done
fi

mkdir -p "$target" 2>/dev/null || fail "cannot make the folder $target" 3
# Everything is made aside and moved at the end: what fails half way leaves the old files.
work=$(mktemp -d "$target/.new.XXXXXX" 2>/dev/null) || fail "cannot write to $target" 3
trap 'rm -rf "$work"' EXIT

ssl() { openssl "$@" 2>"$work/errors" || fail "openssl $1 failed:"$'\n'"$(cat "$work/errors")" 4; }
key() { ssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
serial() { printf '0x%s' "$(openssl rand -hex 16)"; }
# A file of our own for every setting: what the machine's openssl.cnf says does not matter.
cat >"$work/openssl.cnf" <<CONFIG
[req]
distinguished_name = subject
prompt = no
[subject]
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
${alternatives:+subjectAltName = $alternatives}
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CONFIG

if [ "$has_ca" = no ]; then
  key "$work/ca-key.pem"
  # A subject of its own for each, so that a program that knows two authorities can tell them apart.
  ssl req -x509 -new -sha256 -config "$work/openssl.cnf" -extensions authority -key "$work/ca-key.pem" -days "$ca_days" \
    -set_serial "$(serial)" -subj "/O=sensorsim/CN=sensorsim authority $(openssl rand -hex 4)" -out "$work/ca.pem"
  ca=$work
  made=(ca.pem ca-key.pem "${made[@]}")
else
  ca=$dir
fi

# certificate SECTION CN KEY CERTIFICATE
certificate() {
  key "$work/$3"
  ssl req -new -sha256 -config "$work/openssl.cnf" -key "$work/$3" -subj "/O=sensorsim/CN=$2" -out "$work/request"
  ssl x509 -req -sha256 -in "$work/request" -CA "$ca/ca.pem" -CAkey "$ca/ca-key.pem" -set_serial "$(serial)" -days "$days" \
    -extfile "$work/openssl.cnf" -extensions "$1" -out "$work/$4"
  ssl verify -CAfile "$ca/ca.pem" "$work/$4" >/dev/null
}
# A common name holds 64 characters at most; names are looked for in the alternatives.
[ -n "$client" ] || certificate server "${names[0]:0:64}" server-key.pem server-cert.pem
[ -n "$host" ] || certificate client "${client:-sensorsim}" key.pem cert.pem

if [ "$target" != "$dir" ]; then
  cp "$dir/ca.pem" "$work/ca.pem"
  made+=(ca.pem)
fi
chmod 0644 "$work"/ca.pem "$work"/*cert.pem 2>/dev/null || true
for file in "${made[@]}"; do mv -f "$work/$file" "$target/$file"; done

printf 'made in %s: %s\n' "$target" "${made[*]}"
[ -z "$alternatives" ] || printf 'server: %s\n' "$alternatives"
printf 'valid for %s days\n' "$days"
