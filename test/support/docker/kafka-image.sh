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
DOCKER_BUILDKIT=0 docker build --quiet --build-arg "BASE=$base" --tag "$tag" "$work" >/dev/null 2>&1 ||
  DOCKER_BUILDKIT=0 docker build --network host --build-arg "BASE=$base" --tag "$tag" "$work" >&2
