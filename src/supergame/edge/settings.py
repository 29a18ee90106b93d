"""The edge's settings: addresses, keys, and a named limit for everything that waits or grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from supergame.core.config import Section, setting


@dataclass(frozen=True)
class EdgeSettings(Section):
    """The port that carries HTTP and sockets, and the one for gRPC."""

    section: ClassVar[str] = "edge"

    host: str = setting("0.0.0.0", "Address to listen on.")
    port: int = setting(7350, "Port for HTTP and sockets; 0 takes any free one.", minimum=0)
    grpc: bool = setting(True, "Whether to serve gRPC as well, on a port of its own.")
    grpc_port: int = setting(
        0, "Port for gRPC; 0 takes the one below edge.port, or any free one if that is 0.", minimum=0
    )
    backlog: int = setting(4096, "Connections that may wait to be accepted.", minimum=1)

    server_key: str = setting("defaultkey", "Key that clients show when they log in (Basic user name).")
    http_key: str = setting("defaulthttpkey", "Key for rpcs called by other servers; empty lets none of them in.")
    session_key: str = setting("defaultencryptionkey", "Key that signs session tokens.")
    refresh_key: str = setting("defaultrefreshencryptionkey", "Key that signs refresh tokens.")
    token_seconds: int = setting(60, "How long a session token is good for.", minimum=1)
    refresh_token_seconds: int = setting(3600, "How long a refresh token is good for.", minimum=1)
    token_cache_max: int = setting(20_000, "Tokens whose signature need not be checked again.", minimum=1)

    tls_certificate: str = setting("", "PEM file with the certificate chain; empty for plain text.")
    tls_key: str = setting("", "PEM file with the private key; empty when it is in the certificate's file.")
    tls_poll_seconds: float = setting(10.0, "How often the TLS files are looked at for changes.", minimum=0.1)
    trusted_proxies: tuple[str, ...] = setting(
        (), "Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8; a comma between them."
    )

    cors_origin: str = setting("*", "Origin that browsers may call from; empty switches CORS off.")
    cors_headers: str = setting("Authorization, Content-Type, User-Agent", "Headers that browsers may send.")
    cors_methods: str = setting("GET, HEAD, POST, PUT, DELETE", "Methods that browsers may use.")
    cors_seconds: int = setting(7200, "How long a browser may remember what it may do.", minimum=0)

    body_bytes_max: int = setting(262_144, "Largest request body, before and after unpacking.", minimum=1)
    # The incumbent stops at 5,120 bytes; browsers with cookies and long tokens send more, so we take 16 KiB.
    header_bytes_max: int = setting(16_384, "Largest request head, address included.", minimum=256)
    # The incumbent drops sockets at 4,096 bytes, which games meet in their first week; a larger limit costs nothing.
    message_bytes_max: int = setting(65_536, "Largest message from a socket, fragments joined.", minimum=125)
    gzip_bytes_min: int = setting(1_400, "Answers from this size on are packed for who asks.", minimum=1)

    send_queue_bytes_max: int = setting(
        1_048_576, "What may wait for a client that does not read, before it is cut off.", minimum=1
    )
    send_queue_messages_max: int = setting(
        8_192, "How many messages may wait for a client that does not read, before it is cut off.", minimum=1
    )
    inbox_messages_max: int = setting(
        64, "Messages of one session that wait for the one under way, before its socket is read no further.", minimum=1
    )

    read_seconds_max: int = setting(10, "How long a request may take to arrive.", minimum=1)
    write_seconds_max: int = setting(10, "How long a client may take to read an answer.", minimum=1)
    idle_seconds_max: int = setting(60, "How long a connection may rest between requests.", minimum=1)
    handler_seconds_max: int = setting(60, "How long an operation may take.", minimum=1)
    ping_seconds: int = setting(15, "How often a socket is pinged.", minimum=1)
    pong_seconds_max: int = setting(25, "How long a socket may stay silent after a ping.", minimum=1)
    close_seconds_max: int = setting(2, "How long a closing socket may take to say goodbye.", minimum=1)
    grace_seconds: int = setting(10, "How long a stopping node waits for what is under way.", minimum=0)

    connections_max: int = setting(20_000, "Connections at a time; a gRPC call under way counts as one.", minimum=1)
    connections_per_address_max: int = setting(4_096, "Connections at a time from one address.", minimum=1)
    addresses_max: int = setting(65_536, "Addresses remembered for their limits.", minimum=1)
    requests_per_second_max: int = setting(
        2_000, "Requests, gRPC calls and new connections per second from one address; 0 for no limit.", minimum=0
    )
    requests_burst_max: int = setting(10_000, "The same, at once.", minimum=1)
    messages_per_second_max: int = setting(1_000, "Messages per second from one session; 0 for no limit.", minimum=0)
    messages_burst_max: int = setting(4_000, "The same, at once.", minimum=1)
    excess_messages_max: int = setting(
        200, "Messages beyond the limit that are refused one by one, before the session is cut off.", minimum=0
    )

    static_cache_bytes_max: int = setting(
        67_108_864, "Memory for the files that games serve; larger ones are read each time.", minimum=0
    )
