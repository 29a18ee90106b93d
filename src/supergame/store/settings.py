"""What can be set about the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from supergame.core.config import Section, setting


@dataclass(frozen=True)
class StoreSettings(Section):
    """Settings of the database: which one, how durable, and its limits."""

    section: ClassVar[str] = "store"

    database: str = setting("", "postgresql://... of the cluster; empty for a SQLite file in the data folder.")
    synchronous: str = setting(
        "full",
        "SQLite: what an answered write survives: a power cut (full), the end of the process (normal, off).",
        choices=("full", "normal", "off"),
    )
    write_queue_max: int = setting(
        20_000, "Writes that may wait (PostgreSQL: calls under way); more are answered Unavailable.", minimum=1
    )
    slow_reads_max: int = setting(
        1_000, "SQLite: reads that may wait for the reader thread; more are answered Unavailable.", minimum=1
    )
    inline_opcodes_max: int = setting(
        50_000,
        "SQLite: steps (about 1 to 3 ms) a transaction or read may take on the event loop before a thread takes over.",
        minimum=1,
    )
    turn_milliseconds: float = setting(
        2.0, "SQLite: time for transactions in one turn of the event loop; the others wait for the next.", minimum=0
    )
    slow_seconds_max: float = setting(
        30.0, "Time a transaction or read may take in all before it is broken off.", minimum=0.001
    )
    connections_max: int = setting(
        16, "PostgreSQL: connections of one node for transactions, and as many for reads.", minimum=1
    )
    wait_seconds_max: float = setting(
        10.0, "Time to wait for a connection, or for another process to let go of the SQLite file.", minimum=0.001
    )
    attempts_max: int = setting(
        30, "PostgreSQL: how often a transaction is tried when others change the same rows.", minimum=1
    )
