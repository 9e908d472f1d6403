"""What runs at a node: carries a request to the client process beside it, and its reply back.

The process is started on its own (`fedkseed client`), because Flower starts this app anew for each message.
Its socket stands in the node's configuration: flower-supernode --node-config "socket='/run/…/c.sock'".
"""

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from fedkseed_flower import records, sockets

# What a server may ask of a client; to end it or to stop its work is for whoever has the machine.
ALLOWED = {"hello", "train", "evaluate"}

app = ClientApp()


def carry(message: Message, context: Context) -> Message:
    request = records.unpack(message.content)
    if request.get("op") not in ALLOWED:
        raise ValueError(f"'op' must be one of {', '.join(sorted(ALLOWED))}")
    path = context.node_config.get("socket")
    if not isinstance(path, str):
        raise ValueError("""the node has no socket: flower-supernode --node-config "socket='…'" """)
    return Message(records.pack(sockets.ask(path, request)), reply_to=message)


app.query()(carry)
app.train()(carry)
app.evaluate()(carry)
