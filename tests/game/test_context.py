"""The context of a call: one for all calls of a session, let go when the session ends."""

from __future__ import annotations

from supergame import testing
from supergame.game import Context, Game


async def test_all_calls_of_a_session_share_a_context() -> None:
    game, seen = Game("test", folder="."), []

    @game.rpc
    def look(ctx: Context) -> str:
        seen.append(ctx)
        return ctx.username

    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        assert [await ann.socket.rpc("look"), await ann.socket.rpc("look")] == ["ann", "ann"]
        assert await bob.socket.rpc("look") == "bob"
        assert await ann.client.rpc("look", session=ann.session) == "ann"
        first, again, other, over_http = seen
        assert first is again
        assert (other.user_id, over_http.user_id) == (bob.user_id, ann.user_id)
        assert (first.session is None, over_http.session is None, over_http.http is None) == (False, True, False)
        session = first.session
        ann.socket.drop()
        await ann.socket.closed.wait()
        await bob.socket.ping()
        assert session.context is None
