"""Client updates as Documentation/WireFormat.md has them, and what a client that lies makes of its own.

Only updates of all coefficients in 16 bits: what clients with exact slopes send.
"""

import dataclasses
import hashlib
import math
import struct

import numpy

HEAD = struct.Struct("<4sBBH32sIIIIIfI")
BODY = slice(HEAD.size + 4, -8)
# The largest magnitude of a scaled integer.
LARGEST = 32767


@dataclasses.dataclass(frozen=True)
class Update:
    """One message; `values` are the increments, shape (K)."""

    digest: bytes
    round: int
    client: int
    examples: int
    skipped: int
    loss: float
    steps: int
    values: numpy.ndarray
    # What stands in place of the scale that the values have.
    scale: float | None = None

    @staticmethod
    def decode(data):
        magic, version, kind, flags, digest, round_, client, count, examples, skipped, loss, steps \
            = HEAD.unpack_from(data)
        assert (magic, version, kind, flags) == (b"FKSM", 1, 2, 2), (magic, version, kind, flags)
        scale, = struct.unpack_from("<f", data, HEAD.size)
        values = scale * numpy.frombuffer(data[BODY], "<i2").astype(float)
        assert len(values) == count
        return Update(digest, round_, client, examples, skipped, loss, steps, values)

    def encode(self):
        scale, integers = scaled(self.values)
        data = HEAD.pack(
            b"FKSM", 1, 2, 2, self.digest, self.round, self.client, len(self.values), self.examples,
            self.skipped, self.loss, self.steps)
        data += struct.pack("<f", scale if self.scale is None else self.scale) + integers.tobytes()
        return data + hashlib.sha256(data).digest()[:8]

    @property
    def length(self):
        return float(numpy.linalg.norm(self.values))


def scaled(values):
    """Returns a power of two and the 16-bit integers that it makes `values` of."""
    largest = float(numpy.abs(values).max())
    if largest == 0:
        return 2.0 ** -149, numpy.zeros(len(values), "<i2")
    scale = 2.0 ** math.ceil(math.log2(largest / LARGEST))
    return scale, numpy.rint(values / scale).astype("<i2")


def change(update, values, **others):
    return dataclasses.replace(update, values=values, **others)


def colluding(update, honest):
    """What all honest clients do together, backwards, as long as the longest of their answers."""
    mean = numpy.mean([other.values for other in honest], axis=0)
    length = max(other.length for other in honest)
    return change(update, -mean * (length / numpy.linalg.norm(mean)))


def random(update, honest):
    """Ten times as long as the honest answer, in any direction."""
    draws = numpy.random.default_rng([update.round, update.client]).standard_normal(len(update.values))
    return change(update, draws * (10 * update.length / numpy.linalg.norm(draws)))


# Of an update and those of the honest clients of the round: an update that is well-formed.
FALSE_NUMBERS = {
    "sign-flip": lambda own, honest: change(own, -own.values),
    "times-1000": lambda own, honest: change(own, 1000 * own.values),
    "random": random,
    "colluding": colluding,
    "heavy": lambda own, honest: change(own, -own.values, examples=1000 * own.examples),
    "nan": lambda own, honest: change(own, own.values, scale=math.nan),
    "infinite": lambda own, honest: change(own, own.values, scale=math.inf),
    "too-many-steps": lambda own, honest: change(own, own.values, steps=own.steps + 1),
}

# What can only be said with an answer of an earlier round.
OLD_ANSWERS = ("stale", "replay", "relabelled")

# The client of another node, in whose name it answers.
OTHER_NAME = "other-name"

KINDS = [*FALSE_NUMBERS, *OLD_ANSWERS, OTHER_NAME]


def falsify(kind, reply, honest, earlier, client_count):
    """Returns what a liar says in place of its honest reply, both the members of the JSON object.

    `honest` are the updates of the others, `earlier` are the liar's honest replies of this run.
    """
    import base64

    def unpacked(message):
        return Update.decode(base64.b64decode(message["update"]))

    def packed(update):
        return reply | {"update": base64.b64encode(update.encode()).decode()}

    if kind in FALSE_NUMBERS:
        return packed(FALSE_NUMBERS[kind](unpacked(reply), honest))
    if kind == OTHER_NAME:
        update = unpacked(reply)
        name = honest[update.client % len(honest)].client
        return packed(change(update, -update.values, client=name))
    if not earlier:
        return reply
    if kind == "stale":
        return earlier[-1]
    if kind == "replay":
        return reply | {"update": earlier[-1]["update"]}
    # The oldest answer with the number of this round.
    return packed(dataclasses.replace(unpacked(earlier[0]), round=reply["round"]))
