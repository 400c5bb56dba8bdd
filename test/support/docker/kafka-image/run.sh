#!/bin/bash
# The entry point of the stand-in of Kafka's image: as there, KAFKA_* variables become server.properties, and without any
# the broker has one listener for this host, at localhost:9092.
set -euo pipefail

properties=/opt/kafka/config/server.properties
{
  if [ -e /mnt/shared/config/server.properties ]; then cat /mnt/shared/config/server.properties; fi
  env | while IFS='=' read -r name value; do
    case $name in
      KAFKA_HEAP_OPTS | KAFKA_OPTS | KAFKA_JVM_PERFORMANCE_OPTS | KAFKA_LOG4J_* | KAFKA_TOOLS_* | KAFKA_JMX_OPTS | KAFKA_GC_LOG_OPTS | KAFKA_VERSION) ;;
      KAFKA_*)
        # KAFKA_A_B is a.b, KAFKA_A__B is a_b, KAFKA_A___B is a-b.
        name=${name#KAFKA_}
        name=${name//___/-}
        name=${name//__/$'\1'}
        name=${name//_/.}
        name=${name//$'\1'/_}
        echo "${name,,}=$value"
        ;;
    esac
  done
} >"$properties"
if ! grep -q '[^[:space:]]' "$properties"; then cp /etc/kafka/docker/server.properties "$properties"; fi

KAFKA_OPTS='' /opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" -c "$properties"
export KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xms256m -Xmx256m}
exec /opt/kafka/bin/kafka-run-class.sh kafka.Kafka "$properties"
