"""Examples as text and as tokens, by the rules of Documentation/Data.md.

Reads Dolly-15K and Natural Instructions as `--split dolly` and `--split natural-instructions` do,
and encodes examples as the tool does with the templates alpaca-short and alpaca-joined. Called by
prepare.py and first_order.py; no command of its own.
"""

import json
import pathlib

import draws
import tokenizers

TASK = "Below is an instruction that describes a task"
PAIRING = ", paired with an input that provides further context"
REQUESTS = {
    "alpaca-short": "Write a response for the task request.",
    "alpaca-joined": "Write a response that appropriately completes the request.",
}


def prompt(example, template):
    context = example["context"]
    pairing, part = (PAIRING, f"\n\n### Input:\n{context}") if context else ("", "")
    return (f"{TASK}{pairing}. {REQUESTS[template]}\n\n### Instruction:\n{example['instruction']}"
            f"{part}\n\n### Response:")


class Encoder:
    """Tokens of examples, with the tokenizer of a Hugging Face folder."""

    def __init__(self, folder, template):
        self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.encode_special_tokens = True  # their names in an example are plain text
        self.template = template
        config = json.loads((folder / "config.json").read_text())
        self.end = config["eos_token_id"]

    def tokens(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def encode(self, example):
        """Returns all tokens and the place of the first that carries a label."""
        before = prompt(example, self.template)
        alone = self.tokens(before)
        whole = self.tokens(before + example["response"]) + [self.end]
        start = 0
        while start < min(len(alone), len(whole)) and alone[start] == whole[start]:
            start += 1
        return whole, start

    def fits(self, example, limit):
        """Whether a label is left when the example is cut at `limit` tokens."""
        return self.encode(example)[1] < limit

    def is_whole(self, example, limit):
        return len(self.encode(example)[0]) <= limit


def read_lines(path):
    # Only line feeds end a record: texts have other separators inside.
    lines = pathlib.Path(path).read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def write_lines(path, examples):
    text = "".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples)
    path.write_text(text, "utf-8")


def dolly(path, _seed):
    """Returns the training examples and the test part: the summaries."""
    examples = [
        {name: record[name] for name in ("instruction", "context", "response", "category")}
        for record in read_lines(path)]
    is_test = lambda example: example["category"] == "summarization"
    return ([example for example in examples if not is_test(example)],
            [example for example in examples if is_test(example)])


def natural_instructions(folder, seed):
    """Returns the training examples and the test part, drawn as the tool draws them."""
    training = drawn_tasks(folder, "train_tasks.txt", lambda n: n // 5 if n >= 20 else 0, seed)
    test = drawn_tasks(folder, "test_tasks.txt", lambda n: min(n, max(20, n // 50)), seed)
    return training, test


def drawn_tasks(folder, list_name, draw_count, seed):
    names = (folder / "splits" / "default" / list_name).read_text("utf-8").split()
    paths = [folder / "tasks" / f"{name}.json" for name in names]
    return [example for path in paths if path.exists()
            for example in drawn_task(path, draw_count, seed)]


def drawn_task(path, draw_count, seed):
    short = [example for example in task_examples(path) if len(example["context"]) < 1024]
    count = draw_count(len(short))
    return [short[index] for index in draws.instances(path.stem, count, len(short), seed)]


def task_examples(path):
    task = json.loads(path.read_text("utf-8"))
    return [
        {"instruction": task["Definition"][0], "context": instance["input"],
         "response": instance["output"][0], "category": path.stem}
        for instance in task["Instances"]]
