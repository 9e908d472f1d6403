"""Log-likelihoods of options by transformers, as lm-evaluation-harness defines them; writes options.json.

    pip install torch transformers tokenizers
    make_options.py PATH/TO/Models/tiny-llama

The context and the continuation are encoded as one text; the tokens behind those of the context
alone are the continuation's, and their log-probabilities are summed. `acc` takes the largest sum,
`acc_norm` the largest sum divided by the characters of the option, `per token` by its tokens.
"""

import json
import pathlib
import sys

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

QUESTIONS = [
    ("The otter waits by the", ["river.", "old bridge near the lake.", "hill"], 0),
    ("The owl", ["sleeps in the barn.", "sings", "is 17"], 1),
    ("one two three", ["four", "nine eight seven", "zero"], 0),
    ("The fox hides from the", ["rain.", "river", "rain on the hill. The toad waits."], 2),
    ("ten 1234 plus 5 =", ["1239", "1239, isn't it?", "6"], 1),
    ("Grüße,", ["東京!", "lynx", "é"], 0),
    ("The wren builds a", ["nest", "nest in the barn.", "bridge"], 0),
    ("two", ["three", "hare hare hare hare"], 1),
]


def main(folder):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    rows = []
    for context, options, answer in QUESTIONS:
        sums, counts = [], []
        for option in options:
            ids, start = encode(f"{context} {option}"), len(encode(context))
            assert ids[:start] == encode(context)
            with torch.no_grad():
                logs = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
            sums.append(sum(logs[i - 1, ids[i]].item() for i in range(start, len(ids))))
            counts.append(len(ids) - start)
        scores = {
            "acc": sums, "acc_norm": [s / len(o) for s, o in zip(sums, options)],
            "per token": [s / n for s, n in zip(sums, counts)],
        }
        rows.append({
            "instruction": context, "response": options[answer], "options": options, "sums": sums,
            "right": {k: v.index(max(v)) == answer for k, v in scores.items()},
        })
    means = {k: sum(row["right"][k] for row in rows) / len(rows) for k in rows[0]["right"]}
    print(means)
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    pathlib.Path(__file__).with_name("options.json").write_text(text + "\n", "utf-8")


main(pathlib.Path(sys.argv[1]))
