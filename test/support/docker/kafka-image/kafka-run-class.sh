#!/bin/bash
# Runs a class of Kafka, or, under the name of one of Kafka's tools, the class of that tool.
set -euo pipefail
case $(basename "$0") in
  kafka-storage.sh) class=kafka.tools.StorageTool ;;
  kafka-topics.sh) class=org.apache.kafka.tools.TopicCommand ;;
  kafka-configs.sh) class=kafka.admin.ConfigCommand ;;
  kafka-get-offsets.sh) class=org.apache.kafka.tools.GetOffsetShell ;;
  kafka-broker-api-versions.sh) class=org.apache.kafka.tools.BrokerApiVersionsCommand ;;
  kafka-console-consumer.sh) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
  kafka-console-producer.sh) class=org.apache.kafka.tools.ConsoleProducer ;;
  kafka-consumer-groups.sh) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
  *)
    class=$1
    shift
    ;;
esac
# In one order wherever it runs, or the archive of classes made with the image would not fit.
jars=$(printf '%s:' /opt/kafka/libs/*.jar)
archive=/opt/kafka/classes.jsa
if [ -e "$archive" ]; then KAFKA_OPTS="-XX:SharedArchiveFile=$archive ${KAFKA_OPTS:-}"; fi
# Unquoted: each of these is a list of flags.
# shellcheck disable=SC2086
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} ${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1} ${KAFKA_OPTS:-} \
  -Dlog4j2.configurationFile=file:/opt/kafka/config/log4j2.properties -cp "${jars%:}" "$class" "$@"
