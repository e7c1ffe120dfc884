"""Ports on loopback: which are free, and whether a Kafka answers on one.

Speaks ten bytes of Kafka's protocol, so that waiting for the node needs no client library.
"""

import socket

from streams.broker.errors import BrokerError

HOST = "127.0.0.1"
# ApiVersions, version 0, correlation id 1, no client id: a node answers once it serves requests.
_ARE_YOU_THERE = bytes.fromhex("0000000a 0012 0000 00000001 ffff")
_ANSWER_LIMIT_S = 1.0


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def require_free(purpose: str, port: int) -> None:
    """Raise BrokerError, naming `purpose` and the port, where Kafka could not listen on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Java does
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise BrokerError(
                f"the embedded Kafka cannot listen on {HOST}:{port} for {purpose}: {error}. "
                "Stop what uses that port, or set another one (0 picks a free one)"
            ) from error


def answers(port: int) -> bool:
    """Return whether a Kafka on this port serves requests."""
    try:
        with socket.create_connection((HOST, port), timeout=_ANSWER_LIMIT_S) as connection:
            connection.sendall(_ARE_YOU_THERE)
            return connection.recv(1) != b""
    except OSError:
        return False
