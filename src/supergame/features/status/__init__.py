"""Status: a short text that each session may show, and who follows whose.

A player is online for followers as long as one of their sessions shows a status, be it an empty one. Nothing here is
stored: a status ends with its session, and so does following.
"""

from supergame.core.feature import Feature
from supergame.features.status.messages import MESSAGES
from supergame.features.status.service import FOLLOWED_PER_SESSION_MAX, STATUS_BYTES_MAX, Status

__all__ = ["FOLLOWED_PER_SESSION_MAX", "STATUS_BYTES_MAX", "Status", "feature"]

feature = Feature(name="status", service=Status, needs=("presence", "accounts"), messages=MESSAGES)
