"""The records that travel: nothing is lost, nothing is taken for something else, and how large they are."""

import base64
import os
import unittest

from flwr.app import ConfigRecord, RecordDict
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects

from fedkseed_flower import records


def message(vector: str, byte_count: int) -> dict:
    return {
        "op": "train", "protocol": 1, "run": "0123456789ab", "round": 100,
        "message": "0123456789abcdef", vector: base64.b64encode(os.urandom(byte_count)).decode(),
    }


def payload(request: dict) -> int:
    """The bytes of all objects that Flower stores and sends for the records of a message."""
    return sum(len(part.deflate()) for part in get_all_nested_objects(records.pack(request)).values())


class Records(unittest.TestCase):
    def test_round_trip(self):
        for original in (
            message("plan", 8260), message("update", 8272), message("plan", 0),
            {"op": "hello", "protocol": 1, "settings": {"lr": "1e-05"}, "memory": 1 << 40, "run": None},
            {"error": {"code": "stale", "text": "Ω \"quoted\"\n"}, "protocol": 1},
        ):
            self.assertEqual(records.unpack(records.pack(original)), original)

    def test_strangers(self):
        for config in (
            {}, {"line": 7}, {"line": "[]"}, {"line": "{"}, {"line": '{"vector":"plan"}'},
            {"line": '{"vector":"op"}', "vector": b"1"}, {"line": '{"vector":["plan"]}', "vector": b""},
            {"line": '{"vector":"plan"}', "vector": "text"},
        ):
            with self.subTest(config), self.assertRaises(ValueError):
                records.unpack(RecordDict({records.NAME: ConfigRecord(config)}))
        with self.assertRaises(ValueError):
            records.unpack(RecordDict())

    def test_payload_of_all_coefficients(self):
        # K = 4096 in 16 bits each way: Documentation/WireFormat.md has the sizes of the messages.
        down, up = message("plan", 8260), message("update", 8272)
        self.assertLessEqual(payload(down) + payload(up), 18_000)

    def test_payload_of_pairs(self):
        # 200 two-sided steps, and the plan in 16 or, as published, in 32 bits.
        up = payload(message("update", 1276))
        self.assertLessEqual(payload(message("plan", 8260)) + up, 18_000)
        self.assertLessEqual(payload(message("plan", 16448)) + up, 18_400)


if __name__ == "__main__":
    unittest.main()
