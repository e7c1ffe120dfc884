"""The settings in Faust's own words, with the limits that nobody needs to change.

Refuses to know agents and state.
"""

from __future__ import annotations

from typing import Any

from streams.config import Settings
from streams.wire.topics import STATE_RECORD_BYTES_MAX, worker_group
from streams.worker.security import credentials
from streams.worker.transport import BatchTopic

# Members that rejoin save first (3 s at most); one that does not come is not waited for any longer.
REBALANCE_TIMEOUT_S = 10.0
# Lists, not records: at 4,096, Faust's default, a backlog would fill the memory.
BUFFERED_LISTS = 16
FETCH_BYTES = 1024 * 1024
# Visits and refusals are sent in batches of this size; snapshots are larger and go alone.
BATCH_BYTES = 512 * 1024
# How long a send is tried before it fails and the next checkpoint sends it again.
SEND_LIMIT_S = 10.0
# Heartbeats: several chances within the session, as Kafka asks for.
HEARTBEATS_PER_SESSION = 4


def faust_options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of the app; ConfigError on certificates that cannot be used."""
    kafka, worker = settings.kafka, settings.worker
    group = worker_group(kafka.topic_prefix)
    return {
        "id": group,
        "broker": kafka.broker_urls(),
        "broker_credentials": credentials(kafka.security()),
        "broker_client_id": group,
        "broker_session_timeout": kafka.session_timeout_s,
        "broker_heartbeat_interval": kafka.session_timeout_s / HEARTBEATS_PER_SESSION,
        "broker_rebalance_timeout": REBALANCE_TIMEOUT_S,
        "broker_max_poll_records": 4000,
        "broker_request_timeout": kafka.request_timeout_s,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": worker.name,
        "consumer_max_fetch_size": FETCH_BYTES,
        "producer_compression_type": None if worker.compression == "none" else worker.compression,
        "producer_max_batch_size": BATCH_BYTES,
        "producer_max_request_size": STATE_RECORD_BYTES_MAX,
        "producer_request_timeout": SEND_LIMIT_S,
        "stream_buffer_maxsize": BUFFERED_LISTS,
        "stream_wait_empty": False,
        "store": "memory://",
        "table_standby_replicas": 0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "topic_partitions": kafka.partitions,
        "Topic": BatchTopic,
        "web_enabled": False,
    }
