"""The task: SST-2's phrases as prompts, in packed batches with equal shares of both labels."""

import itertools
import random

import torch
import torch.nn.functional as F
import transformers

WORDS = [" terrible", " great"]
BATCH = 16


class Data:
    """Held-out, dev and training examples; the latter as one list for each label."""

    def __init__(self, options):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
        self.words = torch.tensor([self.tokens(word) for word in WORDS]).squeeze(1)
        pools = self.shuffled(examples(options.data / "train.tsv"), seed=0)
        half = options.held_out // 2
        self.held_out = [one for pool in pools for one in pool[:half]]
        self.pools = [pool[half:] for pool in pools]
        self.dev = examples(options.data / "dev.tsv")[:options.dev]

    def shuffled(self, items, seed):
        random.Random(seed).shuffle(items)
        return [[item for item in items if item[1] == label] for label in (0, 1)]

    def batches(self, seed):
        """Yields batches without end, half of each for each label."""
        pools = self.shuffled(sum(self.pools, []), seed)
        streams = [itertools.cycle(pool) for pool in pools]
        while True:
            yield self.pack([next(stream) for _ in range(BATCH // 2) for stream in streams])

    def pack(self, chosen):
        """One sequence of all prompts without padding, and the mask that keeps them apart."""
        prompts = [self.tokens(f"{sentence} It was") for sentence, _ in chosen]
        lengths = torch.tensor([len(prompt) for prompt in prompts])
        owner = torch.repeat_interleave(lengths)
        same = (owner[:, None] == owner[None, :]).tril()
        return {"tokens": torch.tensor(sum(prompts, [])), "mask": same[None, None],
                "positions": torch.cat([torch.arange(n) for n in lengths])[None],
                "last": lengths.cumsum(0) - 1, "labels": torch.tensor([item[1] for item in chosen])}

    @torch.no_grad()
    def evaluate(self, logits, chosen):
        """Returns mean loss and share of right choices; `logits` gives a batch's, of both words behind each prompt."""
        loss = right = 0.0
        for start in range(0, len(chosen), BATCH):
            batch = self.pack(chosen[start:start + BATCH])
            found = logits(batch)
            loss += F.cross_entropy(found, batch["labels"], reduction="sum").item()
            right += (found.argmax(-1) == batch["labels"]).sum().item()
        return loss / len(chosen), right / len(chosen)

    def tokens(self, text):
        return self.tokenizer(text, add_special_tokens=False).input_ids


def examples(path):
    lines = path.read_text("utf-8").split("\n")[1:]
    columns = [line.split("\t") for line in lines if line.strip()]
    return [(sentence.strip(), int(label)) for sentence, label in columns]
