"""A node that is stopped tells its players, and goes on where it was when it is started again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.acceptance.game import BACK, ECHO, JOINED, STATE
from tests.acceptance.server import Server

from supergame.client import Client, RequestFailed, Session, Socket
from supergame.protocol.matches import MatchData


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    with Server(tmp_path) as server:
        yield server
        assert server.complaints() == []


async def restarted(server: Server) -> Client:
    """Stop the node, start it again, and give a client of it."""
    assert await asyncio.to_thread(server.stop) == 0
    server.start()
    return Client("127.0.0.1", server.port)


async def told(socket: Socket, op_code: int) -> object:
    while True:
        data = await socket.next(MatchData)
        if data.op_code == op_code:
            return json.loads(data.data)


async def test_players_are_told_that_the_node_stops(server: Server) -> None:
    async with Client("127.0.0.1", server.port) as client:
        session = await client.authenticate_device("device-of-ann")
        socket = await client.connect(session, reconnect=False)
        server.ask_to_stop()
        await asyncio.wait_for(socket.closed.wait(), 10)
        assert socket.close_reason == "server shutting down"
    assert server.stop() == 0


async def test_sessions_outlive_a_restart_and_so_do_logouts(server: Server) -> None:
    async with Client("127.0.0.1", server.port) as client:
        stays = await client.authenticate_device("device-of-ann")
        leaves = await client.authenticate_device("device-of-ann")
        await client.logout(Session(leaves.token, leaves.refresh_token))
    async with await restarted(server) as client:
        assert (await client.users(stays, [stays.user_id]))[0].username == stays.username
        with pytest.raises(RequestFailed) as refused:
            await client.account(leaves)
        assert refused.value.status == 401
        old = Session(stays.token, stays.refresh_token)
        await client.refresh(stays)
        assert stays.token != old.token


async def test_a_match_goes_on_after_a_restart(server: Server) -> None:
    async with Client("127.0.0.1", server.port) as client:
        session = await client.authenticate_device("device-of-ann", username="ann")
        async with await client.connect(session, reconnect=False) as socket:
            match_id = await socket.rpc("make_match", '{"name":"kept","label":{"map":"green hill"}}')
            await socket.join_match(match_id)
            assert await told(socket, JOINED) == ["ann"]
            socket.send_match_data(match_id, ECHO, b"one")
            assert await told(socket, STATE) == [1]
    async with await restarted(server) as client:
        (match,) = (await client.list_matches(session, query="+label.map:green*")).matches
        assert match.match_id == match_id
        async with await client.connect(session, reconnect=False) as socket:
            assert (await socket.join_match(match_id)).size == 1
            assert await told(socket, BACK) == ["ann"]
            socket.send_match_data(match_id, ECHO, b"two")
            assert await told(socket, STATE) == [2]
