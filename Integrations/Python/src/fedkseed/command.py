"""Runs the executable `fedkseed` and returns what it prints as JSON.

The options of a command are keywords, `held_out=12` for `--held-out 12`. They are listed in the executable alone, which
also checks them: `fedkseed help COMMAND`.
"""

import functools
import json
import os
import shutil
import signal
import subprocess
import tempfile


class CommandError(RuntimeError):
    """A command that failed: its message, its exit code and all that it wrote on standard error."""

    def __init__(self, command, code, text):
        self.command, self.code, self.text = command, code, text
        super().__init__(message(text) or f"fedkseed ended with exit code {code}")


def message(text):
    """Return what stands behind the last "Error: "; all of it if there is none."""
    lines = text.strip().splitlines()
    starts = [number for number, line in enumerate(lines) if line.lower().startswith("error: ")]
    if not starts:
        return "\n".join(lines[-5:])
    return "\n".join([lines[starts[-1]][len("error: "):], *lines[starts[-1] + 1:]])


def executable():
    """Return the path of the executable: that of FEDKSEED, one on PATH, or one built in this folder.

    Raises FileNotFoundError if there is none.
    """
    given = os.environ.get("FEDKSEED")
    if given:
        if not os.access(given, os.X_OK) or os.path.isdir(given):
            raise FileNotFoundError(f"FEDKSEED is {given!r}, expected the path of the executable fedkseed")
        return given
    found = shutil.which("fedkseed") or shutil.which(os.path.join(".build", "release", "fedkseed"))
    if found is None:
        raise FileNotFoundError("fedkseed is not on PATH, expected it there or its path in FEDKSEED; scripts/build builds it")
    return found


def run(*arguments, on_message=None, **options):
    """Run a command with `--json` and return the value it prints; None if it prints nothing.

    - arguments: the command, its files, and whatever options are easier to write as they are.
    - on_message: called with each line of standard error as it comes, such as a run's progress.
    - options: `template="chatml"` is `--template chatml`. True and False are a flag that is given or not, or the
      words true and false where the option takes a value; a list is joined by commas, a dictionary becomes
      `key=value,...`; None is left out.

    Raises CommandError with the message of a command that fails. An interrupt (Ctrl-C) is handed to the command, which
    saves what a run has done; KeyboardInterrupt follows when it has ended.
    """
    tool = executable()
    words = [os.fspath(argument) if isinstance(argument, os.PathLike) else str(argument) for argument in arguments]
    line = [tool, *words, *option_words(tool, tuple(words), options), "--json"]
    code, output, errors = execute(line, on_message or (lambda text: None))
    if code != 0:
        raise CommandError(line, code, errors)
    return json.loads(output) if output.strip() else None


def option_words(tool, words, options):
    """Return the words of the command line for keywords."""
    flags = flag_names(tool, words) if any(isinstance(value, bool) for value in options.values()) else ()
    result = []
    for key, value in options.items():
        name = key.strip("_").replace("_", "-")
        if name in flags:
            result += [f"--{name}"] if value else []
        elif value is not None:
            result.append(f"--{name}={value_text(value)}")  # one word, as a value may begin with a dash
    return result


def value_text(value):
    """Return a value as the executable reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ",".join(f"{key}={value_text(entry)}" for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(map(value_text, value))
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


@functools.cache
def flag_names(tool, words):
    """Return the options of a command that take no value, as the executable itself describes them."""
    described = subprocess.run([tool, *words, "--experimental-dump-help"], capture_output=True, text=True)
    try:
        arguments = json.loads(described.stdout)["command"]["arguments"]
    except (ValueError, KeyError) as error:
        raise CommandError([tool, *words], described.returncode, described.stderr or described.stdout) from error
    return frozenset(name["name"] for argument in arguments if argument["kind"] == "flag" for name in argument["names"])


def execute(line, on_message):
    """Run a command line; return exit code, standard output and standard error."""
    # A session of its own, so that an interrupt in a terminal reaches it once: by us.
    with tempfile.TemporaryFile() as output, subprocess.Popen(
            line, stdout=output, stderr=subprocess.PIPE, start_new_session=True) as process:
        errors = []
        attend(process, errors, on_message)
        output.seek(0)
        return process.returncode, output.read().decode("utf-8"), "".join(errors)


def attend(process, errors, on_message):
    """Hand on each line of standard error until the process ends, and each interrupt to the process."""
    try:
        for line in process.stderr:
            errors.append(line.decode("utf-8", "replace"))
            on_message(errors[-1].rstrip("\n"))
        process.wait()
    except BaseException:
        process.send_signal(signal.SIGINT)
        attend(process, errors, on_message)
        raise


def tune(model=None, **options):
    """Run `fedkseed tune`: tune(model, data="examples.jsonl", steps=100, out="my.kseed"); tune(resume="my.kseed")."""
    return run("tune", *given(model), **options)


def simulate(model=None, **options):
    """Run `fedkseed simulate`: simulate(model, data="examples.jsonl", clients=8, rounds=10, out="runs/first")."""
    return run("simulate", *given(model), **options)


def score(model, **options):
    """Run `fedkseed score`: score(model, data="test.jsonl", kseed="my.kseed", options=True)."""
    return run("score", model, **options)


def generate(model, prompt, **options):
    """Run `fedkseed generate` and return the text: generate(model, "What is a seed?", kseed="my.kseed")."""
    return run("generate", model, prompt=prompt, **options)["text"]


def inspect(model, **options):
    """Run `fedkseed inspect`: what a model is, its tensors, and its identity."""
    return run("inspect", model, **options)


def given(model):
    """The model as an argument; none for a run that goes on."""
    return [] if model is None else [model]
