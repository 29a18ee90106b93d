"""A client in Python for any server that speaks the protocol: for bots, tools, tests and games.

```python
async with Client("127.0.0.1", 7350) as client:
    session = await client.authenticate_device("my-device-0001")
    async with await client.connect(session) as socket:
        channel = await socket.join_chat("lobby")
        await socket.send_chat(channel.id, {"text": "hello"})
```
"""

from supergame.client.client import Client
from supergame.client.errors import ClientError, ConnectionLost, RequestFailed, SocketFailed
from supergame.client.session import Session
from supergame.client.socket import Reconnected, Socket

__all__ = [
    "Client",
    "ClientError",
    "ConnectionLost",
    "Reconnected",
    "RequestFailed",
    "Session",
    "Socket",
    "SocketFailed",
]
