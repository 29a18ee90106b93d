"""What game code of a Nakama server calls, and what it calls here: the yardstick for our services."""

from __future__ import annotations

from typing import Final, get_type_hints

from supergame.game import Game, Services

GAME: Final = {
    "RegisterRpc": "rpc",
    "RegisterBefore*, RegisterBeforeRt": "before",
    "RegisterAfter*, RegisterAfterRt": "after",
    "RegisterMatch": "match",
    "RegisterMatchmakerMatched": "matchmaker_matched",
    "RegisterLeaderboardReset": "on",
    "RegisterEvent, RegisterEventSessionStart, RegisterEventSessionEnd": "on",
    "RegisterShutdown": "on",
    "RegisterStorageIndex, RegisterStorageIndexFilter": "storage_index",
    "RegisterHttp": "route",
}
"""By a method of `game`."""

SERVICES: Final = {
    "AuthenticateDevice": "accounts.authenticate_device",
    "AuthenticateCustom": "accounts.authenticate_custom",
    "AuthenticateEmail": "accounts.authenticate_email",
    "AuthenticateApple": "identity.authenticate_apple",
    "AuthenticateFacebook": "identity.authenticate_facebook",
    "AuthenticateFacebookInstantGame": "identity.authenticate_facebook_instant_game",
    "AuthenticateGameCenter": "identity.authenticate_gamecenter",
    "AuthenticateGoogle": "identity.authenticate_google",
    "AuthenticateSteam": "identity.authenticate_steam",
    "AuthenticateTokenGenerate": "accounts.token_generate",
    "AccountGetId": "accounts.get",
    "AccountsGetId": "accounts.get_many",
    "AccountUpdateId": "accounts.update",
    "AccountDeleteId": "accounts.delete",
    "AccountExportId": "accounts.export",
    "UsersGetId, UsersGetUsername": "accounts.users",
    "UsersGetFriendStatus": "friends.states",
    "UsersGetRandom": "accounts.users_random",
    "UsersBanId": "accounts.ban",
    "UsersUnbanId": "accounts.unban",
    "LinkDevice": "accounts.link_device",
    "LinkCustom": "accounts.link_custom",
    "LinkEmail": "accounts.link_email",
    "LinkApple": "identity.link_apple",
    "LinkFacebook": "identity.link_facebook",
    "LinkFacebookInstantGame": "identity.link_facebook_instant_game",
    "LinkGameCenter": "identity.link_gamecenter",
    "LinkGoogle": "identity.link_google",
    "LinkSteam": "identity.link_steam",
    "UnlinkDevice": "accounts.unlink_device",
    "UnlinkCustom": "accounts.unlink_custom",
    "UnlinkEmail": "accounts.unlink_email",
    "UnlinkApple": "identity.unlink_apple",
    "UnlinkFacebook": "identity.unlink_facebook",
    "UnlinkFacebookInstantGame": "identity.unlink_facebook_instant_game",
    "UnlinkGameCenter": "identity.unlink_gamecenter",
    "UnlinkGoogle": "identity.unlink_google",
    "UnlinkSteam": "identity.unlink_steam",
    "SessionDisconnect": "sessions.disconnect",
    "SessionLogout": "accounts.session_logout",
    "StreamUserList": "presence.presences",
    "StreamUserGet": "presence.get",
    "StreamUserJoin": "presence.join",
    "StreamUserUpdate": "presence.update",
    "StreamUserLeave, StreamUserKick": "presence.leave",
    "StreamCount": "presence.count",
    "StreamClose": "presence.close",
    "StreamSend": "presence.send_data",
    "StreamSendRaw": "presence.send",
    "StatusFollow": "status.follow",
    "StatusUnfollow": "status.unfollow",
    "MatchCreate": "matches.create",
    "MatchGet": "matches.get",
    "MatchList": "matches.list",
    "MatchSignal": "matches.signal",
    "PartyList": "parties.list",
    "NotificationSend": "notifications.send",
    "NotificationsSend": "notifications.send_many",
    "NotificationSendAll": "notifications.send_all",
    "NotificationsList": "notifications.list",
    "NotificationsUpdate": "notifications.update",
    "NotificationsDelete, NotificationsDeleteId": "notifications.delete",
    "NotificationsGetId": "notifications.get",
    "StorageList": "storage.list",
    "StorageRead": "storage.read",
    "StorageWrite": "storage.write",
    "StorageWriteRetry": "storage.write_retry",
    "StorageDelete": "storage.delete",
    "StorageIndexList": "storage.index_list",
    "MultiUpdate": "database.transact",
    "LeaderboardCreate": "leaderboards.create",
    "LeaderboardDelete": "leaderboards.delete",
    "LeaderboardList": "leaderboards.list",
    "LeaderboardRanksDisable": "leaderboards.ranks_disable",
    "LeaderboardRecordsList": "leaderboards.records_list",
    "LeaderboardRecordsListCursorFromRank": "leaderboards.cursor_from_rank",
    "LeaderboardRecordWrite": "leaderboards.record_write",
    "LeaderboardRecordDelete": "leaderboards.record_delete",
    "LeaderboardsGetId": "leaderboards.get",
    "LeaderboardRecordsHaystack": "leaderboards.haystack",
    "GroupsGetId": "groups.get",
    "GroupCreate": "groups.create",
    "GroupUpdate": "groups.update",
    "GroupDelete": "groups.delete",
    "GroupUserJoin": "groups.join",
    "GroupUserLeave": "groups.leave",
    "GroupUsersAdd": "groups.users_add",
    "GroupUsersBan": "groups.users_ban",
    "GroupUsersKick": "groups.users_kick",
    "GroupUsersPromote": "groups.users_promote",
    "GroupUsersDemote": "groups.users_demote",
    "GroupUsersList": "groups.users_list",
    "GroupsList": "groups.list",
    "GroupsGetRandom": "groups.random",
    "UserGroupsList": "groups.user_groups_list",
    "FriendsList": "friends.list",
    "FriendsOfFriendsList": "friends.of_friends_list",
    "FriendsAdd": "friends.add",
    "FriendsDelete": "friends.delete",
    "FriendsBlock": "friends.block",
    "FriendMetadataUpdate": "friends.metadata_update",
    "ChannelIdBuild": "chat.channel_id_build",
    "ChannelMessageSend": "chat.message_send",
    "ChannelMessageUpdate": "chat.message_update",
    "ChannelMessageRemove": "chat.message_remove",
    "ChannelMessagesList": "chat.messages_list",
    "Event": "events.send",
    "MetricsCounterAdd": "metrics.counter",
    "MetricsGaugeSet": "metrics.gauge",
    "MetricsTimerRecord": "metrics.histogram",
    "CronNext": "jobs.cron_next",
    "CronPrev": "jobs.cron_prev",
    "GetConfig": "config.section",
}
"""By a method of one of the `services`."""

NOT_YET: Final = (
    "AccountImportId, MatchmakerOverride, MatchmakerProcessor, FleetManager, RegisterConsoleHttp, wallets, "
    "tournaments, purchases and subscriptions"
)


def table() -> str:
    """What they call it, and what it is called here."""
    lines = ["| there | here |", "| --- | --- |"]
    lines += [f"| {_code(name)} | `game.{here}` |" for name, here in GAME.items()]
    lines += [f"| {_code(name)} | `services.{here}` |" for name, here in SERVICES.items()]
    return "\n".join(lines) + f"\n\nNot yet: {NOT_YET}.\n"


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def found(here: str) -> object:
    """The function that such a line names. Raises AttributeError where there is none."""
    service, _, method = here.rpartition(".")
    if not service:
        return getattr(Game, method)
    return getattr(get_type_hints(Services)[service], method)
