"""What runs at a node: carries a request to the client process beside it, and its reply back.

The process is started on its own (`fedkseed client`), because Flower starts this app anew for each message.
Its socket stands in the node's configuration: flower-supernode --node-config "socket='/run/…/c.sock'".
With "secure=true" beside it the node gives no update but under a mask.
"""

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from fedkseed_flower import records, secure, sockets

# What a server may ask of a client; to end it or to stop its work is for whoever has the machine.
ALLOWED = {"hello", "train", "evaluate"}

app = ClientApp(mods=[secure.mod])


def carry(message: Message, context: Context) -> Message:
    if secure.is_asked(message):
        return secure.carry(message, socket_path(context))
    request = records.unpack(message.content)
    if request.get("op") not in ALLOWED:
        raise ValueError(f"'op' must be one of {', '.join(sorted(ALLOWED))}")
    if request.get("op") == "train" and context.node_config.get("secure"):
        raise ValueError("the node gives updates by secure aggregation only")
    return Message(records.pack(sockets.ask(socket_path(context), request)), reply_to=message)


def socket_path(context: Context) -> str:
    path = context.node_config.get("socket")
    if not isinstance(path, str):
        raise ValueError("""the node has no socket: flower-supernode --node-config "socket='…'" """)
    return path


app.query()(carry)
app.train()(carry)
app.evaluate()(carry)
