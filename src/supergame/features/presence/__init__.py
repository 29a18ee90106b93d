"""Presence: which sessions are in which stream, told to everybody else in it.

A stream is any gathering: a chat room, a match, the followers of a player. Features put sessions in and out
of streams, and game code may use streams of its own.
"""

from supergame.core.feature import Feature
from supergame.features.presence.model import Presence, Stream, StreamMode
from supergame.features.presence.service import PRESENCES_PER_SESSION_MAX, Streams, to_wire

__all__ = ["PRESENCES_PER_SESSION_MAX", "Presence", "Stream", "StreamMode", "Streams", "feature", "to_wire"]

feature = Feature(name="presence", service=Streams)
