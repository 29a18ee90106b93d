"""Every capability, lowest first: the table of contents of the product.

A feature may call those before it in the list and never learns of those after it; news travels down the list
as events.
"""

from supergame.features import (
    accounts,
    chat,
    jobs,
    leaderboards,
    matches,
    matchmaker,
    notifications,
    presence,
    rpc,
    status,
    storage,
)

FEATURES = (
    presence.feature,
    accounts.feature,
    notifications.feature,
    status.feature,
    storage.feature,
    chat.feature,
    leaderboards.feature,
    matches.feature,
    matchmaker.feature,
    rpc.feature,
    jobs.feature,
)
