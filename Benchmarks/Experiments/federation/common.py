"""What the scripts of this experiment share: settings, options, the tool, scores, runs.csv.

A run is a dictionary with the columns of KEY; a row of results/runs.csv has all of COLUMNS. Called by
the other scripts; no command of its own.
"""

import argparse
import itertools
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import experiment

KEY = ["setting", "method", "seed", "rounds", "clients", "participants", "local_steps", "batch",
       "lr", "candidates", "length_limit", "test_examples", "max_tokens", "extra"]
COLUMNS = KEY + [
    "loss_before", "loss_after", "rouge_l_before", "rouge_l_after", "empty_before", "empty_after",
    "bytes_up", "bytes_down", "steps", "train_seconds", "peak_private_mb", "threads", "blas"]

# The name of a setting: its data, template and partition.
SETTINGS = {
    "dolly-0.5": ("dolly", "alpaca-short", "dirichlet:0.5"),
    "dolly-5.0": ("dolly", "alpaca-short", "dirichlet:5.0"),
    "natural-instructions": ("natural-instructions", "alpaca-joined", "by-key:category"),
}
TEMPLATES = {data: template for data, template, _ in SETTINGS.values()}
HELD_OUT = "held-out"  # the category of what is not trained on in federation.jsonl


def parser(description, methods, local_steps):
    result = argparse.ArgumentParser(description=description)
    add = result.add_argument
    names, numbers = experiment.names, experiment.numbers
    add("--tool", required=True)
    add("--model", required=True, help="the base, a GGUF file or a Hugging Face folder")
    add("--work", type=pathlib.Path, default=pathlib.Path("runs/federation"))
    add("--settings", type=names, default=list(SETTINGS))
    add("--methods", type=names, default=methods)
    add("--lrs", type=names, required=True)
    add("--seeds", type=numbers, default=[1])
    add("--rounds", type=int, default=20)
    add("--clients", type=int, default=200, help="of Dolly; the others have one for each task")
    add("--participants", type=int, default=10, help="clients in a round, from 2")
    add("--local-steps", default=local_steps)
    add("--batch", type=int, default=1)
    add("--length-limit", type=int, default=192)
    add("--test-examples", type=int, default=96)
    add("--max-tokens", type=int, default=64, help="of an answer")
    add("--threads", type=int, default=2)
    add("--out", default="runs.csv")
    return result


class Prepared:
    """The files prepare.py wrote for a setting."""

    def __init__(self, options, setting):
        data, self.template, self.partition = SETTINGS[setting]
        self.folder = prepared_folder(options, data)
        path = self.folder / "prepared.json"
        if not path.exists():
            sys.exit(f"{path} is missing: run prepare.py with these limits first")
        self.facts = json.loads(path.read_text())
        by_key = self.partition.startswith("by-key")
        self.clients = self.facts["categories"] if by_key else options.clients
        self.test_limit = self.facts["test_length_limit"]

    def arguments(self, options, seed):
        """What `simulate` needs to know of the data and the clients."""
        assert options.participants >= 2, "1 would stand for a share: every client"
        return ["--data", self.folder / "federation.jsonl", "--split", f"category:{HELD_OUT}",
                "--held-out", 1, "--template", self.template, "--partition", self.partition,
                "--clients", self.clients, "--participation", options.participants,
                "--length-limit", options.length_limit, "--seed", seed]


def prepared_folder(options, data):
    return options.work / f"{data}-{options.length_limit}-{options.test_examples}"


def pending(options, candidates):
    """Yields the runs that are not in the results yet; `candidates(method)` is their K."""
    path = HERE / "results" / options.out
    done = {key(row) for row in experiment.read(path)}
    for setting, seed, method, lr in itertools.product(
            options.settings, options.seeds, options.methods, options.lrs):
        run = {
            "setting": setting, "method": method, "seed": seed, "rounds": options.rounds,
            "clients": Prepared(options, setting).clients, "participants": options.participants,
            "local_steps": options.local_steps, "batch": options.batch, "lr": f"{float(lr):g}",
            "candidates": candidates(method), "length_limit": options.length_limit,
            "test_examples": options.test_examples, "max_tokens": options.max_tokens,
            "extra": " ".join(getattr(options, "extra", []))}
        if key(run) not in done:
            print(f"{setting} {method} lr {run['lr']} seed {seed}", file=sys.stderr, flush=True)
            yield run


def key(run):
    return tuple(str(run[name]) for name in KEY)


def file_name(run):
    return "_".join(key(run)).replace("/", "-").replace(" ", "")


def tool(options, command, *arguments):
    return experiment.tool(options.tool, command, *arguments, threads=options.threads)


def score(options, prepared, model, *extra):
    """Returns the loss of the test examples, ROUGE-L and the share of empty answers in percent."""
    result = tool(options, "score", model, "--data", prepared.folder / "test.jsonl", "--template",
                  prepared.template, "--length-limit", prepared.test_limit, "--metrics", "rouge-l",
                  "--max-tokens", options.max_tokens, *extra)
    assert result["examples"] == options.test_examples == len(result["answers"])
    empty = sum(not answer.strip() for answer in result["answers"]) / len(result["answers"])
    return result["loss_per_example"], 100 * result["metrics"]["rouge-l"]["mean"], 100 * empty


def score_before(options, prepared):
    """The score of the base, measured once."""
    path = prepared.folder / f"before-{options.max_tokens}.json"
    if not path.exists():
        path.write_text(json.dumps(score(options, prepared, options.model)))
    return json.loads(path.read_text())


def finish(options, prepared, run, found, model, *extra):
    """Scores the tuned model and appends the row."""
    before, after = score_before(options, prepared), score(options, prepared, model, *extra)
    experiment.append(HERE / "results" / options.out, COLUMNS, run | found | {
        "loss_before": before[0], "loss_after": after[0], "rouge_l_before": before[1],
        "rouge_l_after": after[1], "empty_before": before[2], "empty_after": after[2],
        "threads": options.threads})
