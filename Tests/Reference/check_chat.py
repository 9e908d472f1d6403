"""Asks tuned models the same in transformers, by their exported chat template, and here.

    check_chat.py [--tool .build/release/fedkseed]

Each model is tuned a little, applied to a folder and to a GGUF file, and asked some questions: the tokens of
`apply_chat_template` are those of `fedkseed tokenize`, and the greedy answers those of `fedkseed generate
--kseed`. Prints what is missing and checks nothing without torch and transformers; SmolLM2 where it was fetched.
"""

import argparse
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
TUNING = "--data synthetic:6 --candidates 64 --batch 4 --held-out 14 --steps 3 --no-report".split()
QUESTIONS = ["The otter waits by the river. Who waits?", "What is a seed?\n\nSay it in one word."]
SMOL = ROOT / "Models/smollm2-135m-instruct"
TURNS = ("{{ bos_token }}{% for m in messages %}[{{ m['role'] }}] {{ m['content'] | trim }}{{ eos_token }}\n{% endfor %}"
         "{% if add_generation_prompt %}[assistant] {% endif %}")


def has(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        print(f"not installed, nothing is checked: {', '.join(missing)}")
    return not missing


def run(*command):
    outcome = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert outcome.returncode == 0, f"{command}: {outcome.stderr}"
    return outcome


def tiny(work):
    """The tiny model with a chat template and names of its tokens, as a folder."""
    folder = work / "tiny"
    shutil.copytree(ROOT / "Models/tiny-llama", folder, ignore=shutil.ignore_patterns("*.py", "untied*"))
    vocabulary = json.loads((folder / "tokenizer.json").read_text())
    names = [token["content"] for token in vocabulary["added_tokens"]]
    end = json.loads((folder / "config.json").read_text()).get("eos_token_id")
    end = next((t["content"] for t in vocabulary["added_tokens"] if t["id"] == end), names[-1])
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": names[0], "eos_token": end}))
    (folder / "chat_template.jinja").write_text(TURNS)
    return folder


def load(path):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    where, more = (path, {}) if path.is_dir() else (path.parent, {"gguf_file": path.name})
    model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32, attn_implementation="eager", **more)
    return model.eval(), AutoTokenizer.from_pretrained(where, **more)


def answer(model, tokenizer, question, count):
    """The tokens of the question, and of the greedy answer without what ends it."""
    import torch
    messages = [{"role": "user", "content": question}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer.encode(text, add_special_tokens=False)
    with torch.no_grad():
        all_ids = model.generate(torch.tensor([ids]), max_new_tokens=count, do_sample=False)[0].tolist()
    ends = model.generation_config.eos_token_id
    ends = {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])}
    new = all_ids[len(ids):]
    return ids, new[:next((place for place, token in enumerate(new) if token in ends), len(new))]


def check(tool, work, base, template, forms, count):
    kseed = work / "a.kseed"
    named = ["--template", template] if template else []
    run(tool, "tune", base, *TUNING, *named, "--lr", "1e-5", "--out", kseed)
    for form in forms:
        target = work / ("out.gguf" if form == "gguf" else "out")
        run(tool, "apply", base, kseed, "--out", target)
        model, tokenizer = load(target)
        for question in QUESTIONS:
            ids, expected = answer(model, tokenizer, question, count)
            ours = json.loads(run(tool, "tokenize", base, "--text", question, "--template", template or "model", "--json").stdout)
            assert ours["ids"] == ids, f"{target}, {template}: {ours['ids']}, {ids}"
            # As the base with the checkpoint answers, so does the export, which has the template as its own.
            for asked in [[base, "--kseed", kseed], [target]]:
                found = json.loads(run(tool, "generate", *asked, "--prompt", question, "--max-tokens", count, "--json").stdout)
                assert found["ids"] == expected, f"{asked}, {template}: {found}, {expected}"
        print(f"{base.name}, template {template or 'its own'}, as {form}: {len(QUESTIONS)} answers are those of transformers")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", default=ROOT / ".build/release/fedkseed", type=pathlib.Path)
    tool = parser.parse_args().tool.resolve()
    if not has("torch", "transformers"):
        return
    forms = ["folder", "gguf"] if has("gguf", "accelerate") else ["folder"]
    for template in [None, "alpaca", "alpaca-short", "chatml"]:
        with tempfile.TemporaryDirectory() as work:
            check(tool, pathlib.Path(work), tiny(pathlib.Path(work)), template, forms, 12)
    model = next(SMOL.glob("*.gguf"), None) if SMOL.exists() else None
    if model is None:
        print(f"{SMOL} is not there: not checked")
        return
    for template in [None, "alpaca"]:
        with tempfile.TemporaryDirectory() as work:
            check(tool, pathlib.Path(work), model, template, ["folder"], 24)


if __name__ == "__main__":
    sys.exit(main())
