"""Every capability, lowest first: the table of contents of the product.

A feature may call those before it in the list and never learns of those after it; news travels down the list
as events.
"""

from supergame.features import (
    accounts,
    chat,
    events,
    friends,
    groups,
    identity,
    jobs,
    leaderboards,
    mail,
    matches,
    matchmaker,
    notifications,
    parties,
    presence,
    recovery,
    rpc,
    status,
    storage,
)

FEATURES = (
    presence.feature,
    accounts.feature,
    notifications.feature,
    friends.feature,
    identity.feature,
    mail.feature,
    recovery.feature,
    status.feature,
    storage.feature,
    chat.feature,
    groups.feature,
    leaderboards.feature,
    matches.feature,
    matchmaker.feature,
    parties.feature,
    rpc.feature,
    events.feature,
    jobs.feature,
)
