#!/usr/bin/env python3
"""Shows that a refactoring keeps every bit: runs two builds of fedkseed and compares what they leave.

    Tests/CrossCheck/compare_bits.py record OLD FOLDER      run the binary OLD, keep its results
    Tests/CrossCheck/compare_bits.py compare FOLDER NEW     run NEW, compare with those results

Compared are exit codes, standard output, error messages and every file written: seed checkpoints, step
and round logs (with the messages in them), settings, exported weights. Left out is what must differ:
times, memory, paths, the version. The second build also goes on with runs that the first began.
On one machine only, as losses depend on its BLAS. Takes a minute or two for each binary.
"""

import argparse
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = str(ROOT / "Models/tiny-llama")
BF16 = str(ROOT / "Models/tiny-llama/untied-bf16")
SMOL = ROOT / "Models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
VOLATILE = re.compile(r"seconds|bytes$|_bytes|cost|version|sha256.*cache|tokens_per|time|memory|isa")
TRAFFIC = re.compile(r"bytes_?(up|down)", re.IGNORECASE)


def examples():
    """Examples with categories, contexts and options, in JSON lines."""
    animals = ["owl", "fox", "hare", "otter"]
    for number in range(48):
        animal = animals[number % 4]
        yield json.dumps({
            "instruction": f"Which animal is number {number}?", "context": f"The {animal} waits." * (number % 2),
            "response": f"the {animal}", "category": f"c{number % 3}",
            "options": [f"the {name}" for name in animals]})


def matrix():
    """Yields (name, arguments); `{out}` is a path of the case's own, `{name}` the result of another."""
    small = ["--batch", "2", "--held-out", "8", "--candidates", "64", "--lr", "1e-4"]
    data = ["--data", "{data}"]
    tune = ["tune", TINY, *data, *small, "--steps", "6", "--out", "{out}.kseed"]
    for basis in ["hadamard", "rademacher", "gaussian"]:
        for mode in ["virtual", "dense"]:
            yield f"tune-{basis}-{mode}", [*tune, "--basis", basis, "--mode", mode]
        yield f"tune-{basis}-bf16", [*tune, "--basis", basis, "--mode", "dense", "--storage", "bf16"]
        yield f"tune-{basis}-mezo", [*tune, "--basis", basis, "--method", "mezo", "--candidates", "64"]
        yield f"directions-{basis}", [
            "directions", "--basis", basis, "--candidates", "64", "--candidate", "5", "--tensor", "2", "--count", "300"]
    variants = {
        "one-sided": ["--estimator", "one-sided", "--directions", "4"], "directions": ["--directions", "3"],
        "options": ["--objective", "options"], "rouge": ["--objective", "rouge-l", "--steps", "3"],
        "parameters": ["--parameters", "model.layers.0.*"], "cosine": ["--schedule", "cosine", "--warmup", "2"],
        "stratified": ["--order", "stratified"], "draws": ["--draws", "without-replacement"],
        "clip": ["--scalar-clip", "0.5", "--loss-difference-limit", "0.01"], "threads": ["--threads", "1"],
        "scalar": ["--isa", "scalar"], "evaluate": ["--evaluate-every", "2", "--patience", "1"],
        "synthetic": ["--data", "synthetic", "--template", "chatml"], "raw": ["--template", "raw", "--end-token", "false"],
    }
    for name, options in variants.items():
        yield f"tune-{name}", [*tune, *options]
    yield "tune-dense-parameters", [*tune, "--mode", "dense", "--storage", "bf16", "--parameters", "*.mlp.*"]
    yield "tune-untied", [*tune[:1], BF16, *tune[2:]]
    simulate = ["simulate", TINY, *data, *small, "--rounds", "3", "--local-steps", "4", "--clients", "4", "--out", "{out}"]
    federations = {
        "hadamard": [], "rademacher": ["--basis", "rademacher"], "gaussian": ["--basis", "gaussian"],
        "pro": ["--method", "fedkseed-pro"], "pro-unbiased": ["--method", "fedkseed-pro", "--pro-unbiased", "true"],
        "fedzo": ["--method", "fedzo"], "momentum": ["--server-momentum", "0.5"], "part": ["--participation", "0.5"],
        "iid": ["--partition", "iid"], "dirichlet": ["--partition", "dirichlet:0.5"], "by-key": ["--partition", "by-key:category", "--clients", "3"],
        "one-thread": ["--threads", "1", "--concurrent-clients", "1"], "dense": ["--mode", "dense"],
        "patience": ["--patience", "1"], "n": ["--directions", "2", "--draws", "without-replacement"],
    }
    for name, options in federations.items():
        yield f"simulate-{name}", [*simulate, *options]
    for name, options in {
            "at": ["at", "--step", "3", "{tune-hadamard-virtual}.kseed"],
            "round": ["at", "--round", "2", "{simulate-hadamard}"],
            "without": ["without", "--client", "1", "{simulate-momentum}"],
            "average": ["average", "{tune-hadamard-virtual}.kseed", "{tune-cosine}.kseed"]}.items():
        yield f"kseed-{name}", ["kseed", *options, "--out", "{out}.kseed"]
    yield "kseed-show", ["kseed", "show", "{tune-parameters}.kseed", "--json"]
    yield "kseed-diff", ["kseed", "diff", "{tune-hadamard-virtual}.kseed", "{tune-cosine}.kseed", "--json"]
    yield "score", ["score", TINY, *data, "--kseed", "{tune-gaussian-virtual}.kseed", "--json"]
    yield "score-options", ["score", TINY, *data, "--options", "--json"]
    yield "score-metrics", ["score", TINY, *data, "--metrics", "rouge-l", "--max-tokens", "8", "--json"]
    yield "logits", ["logits", TINY, "--tokens", "1,2,3,4", "--kseed", "{tune-hadamard-dense}.kseed", "--json"]
    yield "generate", ["generate", TINY, "--prompt", "The owl", "--max-tokens", "24", "--template", "raw"]
    yield "generate-nucleus", ["generate", BF16, "--prompt", "The owl", "--max-tokens", "24", "--temperature", "0.8", "--top-p", "0.9"]
    yield "apply-f32", ["apply", TINY, "{tune-rademacher-virtual}.kseed", "--out", "{out}.safetensors"]
    yield "apply-folder", ["apply", BF16, "{tune-untied}.kseed", "--dtype", "bf16", "--out", "{out}"]
    yield "find-lr", ["find-lr", TINY, *data, *small, "--steps", "3", "--count", "3", "--json"]
    yield "inspect", ["inspect", TINY]
    yield "tokenize", ["tokenize", TINY, "--text", "Count 1234 animals, isn't it?"]
    if SMOL.exists():
        smol = str(SMOL)
        yield "smol-tune", ["tune", smol, "--data", "synthetic", "--batch", "2", "--held-out", "4", "--steps", "3", "--out", "{out}.kseed"]
        yield "smol-simulate", ["simulate", smol, "--data", "synthetic", "--batch", "1", "--held-out", "4", "--clients", "2",
                                "--rounds", "2", "--local-steps", "2", "--out", "{out}"]
        yield "smol-score", ["score", smol, *data, "--kseed", "{smol-tune}.kseed", "--options", "--json"]
        yield "smol-generate", ["generate", smol, "--prompt", "Name three animals.", "--max-tokens", "24"]
        yield "smol-logits", ["logits", smol, "--tokens", "1,2,3,4", "--json"]
        yield "smol-apply", ["apply", smol, "{smol-tune}.kseed", "--dtype", "bf16", "--out", "{out}"]


def resumed():
    """Yields (name, the recorded run it goes on with, arguments)."""
    yield "resume-tune", "tune-hadamard-virtual", ["tune", "--resume", "{out}.kseed", "--steps", "10"]
    yield "resume-dense", "tune-gaussian-dense", ["tune", "--resume", "{out}.kseed", "--steps", "10"]
    yield "resume-simulate", "simulate-momentum", ["simulate", "--resume", "{out}", "--rounds", "5"]
    yield "resume-pro", "simulate-pro", ["simulate", "--resume", "{out}", "--rounds", "5"]


def run(binary, arguments, folder, name):
    names = {path.name.split(".")[0]: str(folder / path.name.split(".")[0]) for path in folder.iterdir()}
    fields = names | {"out": str(folder / name), "data": str(folder / "examples.jsonl")}
    filled = [re.sub(r"\{([\w-]+)\}", lambda match: fields.get(match[1], match[0]), text) for text in arguments]
    done = subprocess.run([binary, *filled], capture_output=True, text=True, errors="replace", timeout=600, cwd=ROOT)
    output = {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    (folder / f"{name}.output.json").write_text(json.dumps(output, indent=1))
    return output


def stable(value, folder):
    """Returns parsed JSON without what must differ."""
    if isinstance(value, dict):
        return {key: stable(item, folder) for key, item in value.items()
                if TRAFFIC.search(key) or not VOLATILE.search(key.lower())}
    if isinstance(value, list):
        return [stable(item, folder) for item in value]
    return value.replace(str(folder), "FOLDER") if isinstance(value, str) else value


def text_of(text, folder):
    """Returns printed text without paths, times and memory, a line each."""
    text = text.replace(str(folder), "FOLDER")
    try:
        return stable(json.loads(text), folder)
    except ValueError:
        drop = re.compile(r"\bs\b|seconds|memory|time|MB|KiB|tokens/s|^\s*$|tool-version|data-sha256|digest")
        return [line for line in text.splitlines() if not drop.search(line)]


def fingerprint(path, folder):
    if path.suffix in (".html", ".csv", ".yaml") or path.name == "report.html":
        return text_of(path.read_text(), folder) if path.suffix == ".yaml" else "present"
    if path.name.endswith(".output.json"):
        output = json.loads(path.read_text())
        return [output["status"], text_of(output["stdout"], folder), text_of(output["stderr"], folder) if output["status"] else ""]
    if path.suffix in (".json", ".jsonl"):
        lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
        return [stable(json.loads(line), folder) for line in lines]
    if path.suffix == ".kseed":
        data = path.read_bytes()
        length = int.from_bytes(data[12:16], "little")
        header = json.loads(data[16:16 + length])
        for key in ("tool",):
            header.pop(key, None)
        header["settings"].pop("data-sha256", None)
        return [header, data[16 + length:-32].hex()]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record(binary, folder):
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"{folder} is not empty: name a new folder")
    (folder / "examples.jsonl").write_text("\n".join(examples()) + "\n")
    failed = [name for name, arguments in matrix() if run(binary, arguments, folder, name)["status"] != 0]
    print(f"recorded {len(list(matrix()))} commands, of which failed: {', '.join(failed) or 'none'}")


def continue_runs(binary, source, folder):
    """Goes on in `folder` with runs that were recorded in `source`, and returns their names."""
    for name, origin, arguments in resumed():
        for path in [path for path in source.iterdir() if path.name.split(".")[0] == origin]:
            target = folder / path.name.replace(origin, name)
            shutil.copytree(path, target) if path.is_dir() else shutil.copy(path, target)
            for file in [target] if target.is_file() else target.iterdir():
                if file.suffix == ".yaml":
                    file.write_text(file.read_text().replace(str(source), str(folder)))
        (folder / f"{name}.output.json").unlink(missing_ok=True)
        run(binary, arguments, folder, name)
    return [name for name, _, _ in resumed()]


def compare(old, new):
    files = lambda root: {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    mine, theirs = files(new), files(old)
    different = 0
    for name in sorted(set(mine) | set(theirs)):
        if name not in mine or name not in theirs:
            print(f"ONLY IN {'OLD' if name in theirs else 'NEW'}  {name}")
        elif fingerprint(mine[name], new) != fingerprint(theirs[name], old):
            print(f"DIFFERENT    {name}")
        else:
            continue
        different += 1
    print(f"{len(mine)} files compared, {different} different")
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["record", "compare"])
    parser.add_argument("first", help="record: the binary; compare: the recorded folder")
    parser.add_argument("second", help="record: the folder; compare: the binary")
    parser.add_argument("--keep", type=pathlib.Path, help="compare: where the second build's results go")
    options = parser.parse_args()
    if options.action == "record":
        folder = pathlib.Path(options.second).resolve()
        record(options.first, folder)
        return continue_runs(options.first, folder, folder) and 0
    old = pathlib.Path(options.first).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        new = options.keep.resolve() if options.keep else pathlib.Path(temporary)
        record(options.second, new)
        continue_runs(options.second, old, new)
        return 1 if compare(old, new) else 0


if __name__ == "__main__":
    sys.exit(main())
