"""The schema of the records that travel: the only place that knows it.

A request or reply of fedkseed is one JSON object (Documentation/ClientProtocol.md). In a record it is a
ConfigRecord "fedkseed" of

    line     the object without its vector, as compact JSON
    vector   the value of "plan" or "update": bytes, where JSON has Base64

so that a vector takes its own size and no more. Nothing here computes with what it carries.
"""

import base64
import json

from flwr.app import ConfigRecord, RecordDict

NAME = "fedkseed"
VECTORS = ("plan", "update")


def pack(message: dict) -> RecordDict:
    """Return the records of a request or reply."""
    names = [name for name in VECTORS if name in message]
    line = {key: value for key, value in message.items() if key not in VECTORS}
    if names:
        line["vector"] = names[0]
    config = {"line": json.dumps(line, separators=(",", ":"), sort_keys=True)}
    if names:
        config["vector"] = base64.b64decode(message[names[0]], validate=True)
    return RecordDict({NAME: ConfigRecord(config)})


def unpack(records: RecordDict) -> dict:
    """Return the request or reply in records of a stranger; ValueError if it is none."""
    config = records.config_records.get(NAME)
    if config is None or not isinstance(config.get("line"), str):
        raise ValueError(f"the message has no text 'line' in a record '{NAME}'")
    try:
        message = json.loads(config["line"])
    except RecursionError as error:
        raise ValueError("'line' nests too deep") from error
    if not isinstance(message, dict):
        raise ValueError("'line' is no JSON object")
    name = message.pop("vector", None)
    if name is not None:
        vector = config.get("vector")
        if name not in VECTORS or not isinstance(vector, bytes):
            raise ValueError("the message has no bytes 'vector', or names it otherwise")
        message[name] = base64.b64encode(vector).decode()
    return message
