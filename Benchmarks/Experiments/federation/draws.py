"""The random choices of fedkseed that both kinds of methods share: participants, batches, instances.

A second implementation of Sources/CounterRandom (Philox4x32-10) and of what FederationSettings,
BatchIterator and NaturalInstructions draw from it. first_order.py checks it against the tool's log
before it trains. Called by prepare.py and first_order.py; no command of its own.
"""

MASK = 0xFFFFFFFF
DATA_ORDER, CLIENT_SAMPLING, PARTITION = 16, 18, 19
INSTANCE_SAMPLE = 5


class RandomStream:
    """A sequence of 64-bit numbers, named by a seed, a purpose and two numbers."""

    def __init__(self, seed, tag, a=0, b=0):
        self.key = seed & MASK, seed >> 32 & MASK
        self.name = a, b, tag
        self.position = 0

    def next(self):
        words = philox((self.position >> 1 & MASK, *self.name), self.key)
        low = 2 * (self.position & 1)
        self.position += 1
        return words[low + 1] << 32 | words[low]

    def below(self, bound):
        """Lemire's integer in range(bound), without bias."""
        product = self.next() * bound
        threshold = ((1 << 64) - bound) % bound
        while product % (1 << 64) < threshold:
            product = self.next() * bound
        return product >> 64

    def shuffled(self, items):
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items

    def sample(self, count, population):
        pool = list(range(population))
        for place in range(count):
            other = place + self.below(population - place)
            pool[place], pool[other] = pool[other], pool[place]
        return pool[:count]


def philox(counter, key):
    """The four words of Philox4x32-10."""
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        first, second = x0 * 0xD2511F53, x2 * 0xCD9E8D57
        x0, x1 = second >> 32 ^ x1 ^ k0, second & MASK
        x2, x3 = first >> 32 ^ x3 ^ k1, first & MASK
        k0, k1 = k0 + 0x9E3779B9 & MASK, k1 + 0xBB67AE85 & MASK
    return x0, x1, x2, x3


def participants(seed, round_number, count, clients):
    """The clients that take part in a round, ascending."""
    stream = RandomStream(seed, CLIENT_SAMPLING, b=round_number)
    return sorted(stream.sample(count, clients))


class BatchOrder:
    """The endless batches of a client: positions in its examples, shuffled anew in each pass."""

    def __init__(self, example_count, batch, seed, client):
        self.count, self.batch, self.seed, self.client = example_count, batch, seed, client
        self.epoch = self.offset = 0
        self.shuffle()

    def shuffle(self):
        stream = RandomStream(self.seed, DATA_ORDER, a=self.client, b=self.epoch)
        self.order = stream.shuffled(range(self.count))

    def next(self):
        if self.offset == self.count:
            self.epoch, self.offset = self.epoch + 1, 0
            self.shuffle()
        start, self.offset = self.offset, min(self.count, self.offset + self.batch)
        return self.order[start:self.offset]


def instances(task, count, population, seed):
    """Which instances of a Natural-Instructions task are drawn, ascending."""
    stream = RandomStream(seed, PARTITION, a=INSTANCE_SAMPLE, b=checksum(task))
    return sorted(stream.sample(count, population))


def checksum(text):
    """32-bit FNV-1a."""
    value = 2166136261
    for byte in text.encode("utf-8"):
        value = (value ^ byte) * 16777619 & MASK
    return value
