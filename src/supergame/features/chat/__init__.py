"""Chat: channels that sessions join, the messages they send there, and what is kept of them.

A channel is a room by its name or the direct messages of two users. Whoever is in it gets every message; a message
of a session that joined with persistence is kept in the channel's history.
"""

from supergame.core.feature import Feature
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.chat.channels import Channel, InvalidChannel
from supergame.features.chat.messages import MESSAGES
from supergame.features.chat.model import CONTENT_BYTES_MAX, MessageNotFound
from supergame.features.chat.routes import ROUTES
from supergame.features.chat.service import Chat
from supergame.features.friends import PlayerBlocked

__all__ = ["CONTENT_BYTES_MAX", "Channel", "Chat", "InvalidChannel", "MessageNotFound", "feature"]

feature = Feature(
    name="chat",
    service=Chat,
    needs=("presence", "accounts", "notifications", "friends"),
    routes=ROUTES,
    messages=MESSAGES,
    within={AccountDeleted: "forget", AccountMerged: "absorb"},
    hears={PlayerBlocked: "part"},
    exports="export",
    migrations="supergame.features.chat.migrations",
)
