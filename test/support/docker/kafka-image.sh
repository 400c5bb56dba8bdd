#!/usr/bin/env bash
# Makes a stand-in for Kafka's official image where no registry of images can be reached: the same jars, from Maven Central,
# on a Java runtime made from this machine's.
#
#   kafka-image.sh JARS TAG [BASE]     as in: kafka-image.sh .cache/kafka-4.3.1 apache/kafka:4.3.1 node:24-slim
#
# As the official image it takes KAFKA_* variables, CLUSTER_ID and /mnt/shared/config, runs as 1000, and has its tools in
# /opt/kafka/bin. It starts faster and smaller: 256 MB of heap, the first compiler, the serial collector.
# The engine is that of DOCKER_HOST. Needs Java 17 or later here; with jlink (a JDK) the runtime is smaller.
set -euo pipefail
jars=$(realpath "${1:?folder of the jars}")
tag=${2:?tag of the image}
base=${3:-node:24-slim}
here=$(dirname "$(realpath "$0")")/kafka-image
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/* "$work"
mkdir "$work/libs"
cp "$jars"/*.jar "$work/libs"
home=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.home = //p')
if [ -d "$home/jmods" ]; then
  "$home/bin/jlink" --no-header-files --no-man-pages --strip-java-debug-attributes --output "$work/java" \
    --add-modules java.base,java.desktop,java.logging,java.management,java.naming,java.rmi,java.scripting,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,jdk.management,jdk.net,jdk.security.auth,jdk.unsupported,jdk.zipfs
else
  cp -rL "$home" "$work/java"
fi
# Debian keeps the settings elsewhere, and links to them.
"$work/java/bin/java" -Xshare:dump >/dev/null
chmod 755 "$work"/*.sh
build() { DOCKER_BUILDKIT=0 docker build --network host "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }; }
build --build-arg "BASE=$base" --tag "$tag" "$work"

# A broker that starts once, and leaves its classes as the JVM wants them: every later start takes half the time.
container=$(docker run --detach --network none --hostname localhost --env KAFKA_OPTS=-XX:ArchiveClassesAtExit=/opt/kafka/classes.jsa "$tag")
trap 'docker rm --force --volumes "$container" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do
  if docker exec "$container" bash -c 'exec 3<>/dev/tcp/localhost/9092' 2>/dev/null; then break; fi
  sleep 0.2
done
docker stop --time 60 "$container" >/dev/null
mkdir "$work/more"
docker cp "$container:/opt/kafka/classes.jsa" "$work/more/classes.jsa"
printf 'FROM %s\nCOPY classes.jsa /opt/kafka/\n' "$tag" >"$work/more/Dockerfile"
build --tag "$tag" "$work/more"
