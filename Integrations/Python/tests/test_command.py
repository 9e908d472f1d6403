"""The executable: how it is found and asked, its answers, its errors, and interrupts."""

import os
import pathlib
import signal
import stat
import sys
import threading
import time

import pytest

import fedkseed
from fedkseed import command

FAKE = f"""#!{sys.executable}
import json, signal, sys, time
words = sys.argv[1:]
if "--experimental-dump-help" in words:
    print(json.dumps({{"command": {{"arguments": [
        {{"kind": "flag", "names": [{{"name": "force"}}]}}, {{"kind": "option", "names": [{{"name": "end-token"}}]}},
        {{"kind": "positional"}}]}}}}) if words[0] != "old" else "usage")
elif words[0] == "fail":
    sys.stderr.write("note: something\\nError: data.jsonl: line 3 is no JSON\\nexpected an object\\n")
    sys.exit(3)
elif words[0] == "silent":
    sys.exit(5)
elif words[0] == "nothing":
    pass
elif words[0] == "wait":
    def stop(*_):
        sys.stderr.write("stopped: go on\\n")
        sys.exit(130)
    signal.signal(signal.SIGINT, stop)
    sys.stderr.write("step 1\\n")
    sys.stderr.flush()
    time.sleep(30)
else:
    sys.stderr.write("one\\ntwo \\xe4\\n")
    print(json.dumps({{"words": words, "text": "answer"}}))
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """An executable that prints what it was asked."""
    path = tmp_path / "fake tool"
    path.write_text(FAKE)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("FEDKSEED", str(path))
    return path


def test_keywords_become_options(fake):
    words = fedkseed.run("tune", pathlib.Path("m.gguf"), held_out=12, lr=1e-4, template="a b", kseed=None, parameters=["*.q*", "b"],
                         columns={"instruction": "question"}, prompt="--odd=1\nline")["words"]
    assert words == ["tune", "m.gguf", "--held-out=12", "--lr=0.0001", "--template=a b", "--parameters=*.q*,b",
                     "--columns=instruction=question", "--prompt=--odd=1\nline", "--json"]


def test_truth_is_a_flag_or_a_word_as_the_executable_says(fake):
    assert fedkseed.run("tune", force=True, end_token=True)["words"] == ["tune", "--force", "--end-token=true", "--json"]
    assert fedkseed.run("tune", force=False, end_token=False)["words"] == ["tune", "--end-token=false", "--json"]


def test_an_executable_that_does_not_describe_itself_is_an_error(fake):
    with pytest.raises(fedkseed.CommandError, match="usage"):
        fedkseed.run("old", force=True)


def test_commands_are_thin(fake):
    assert fedkseed.tune("m", steps=3)["words"] == ["tune", "m", "--steps=3", "--json"]
    assert fedkseed.tune(resume="a.kseed")["words"] == ["tune", "--resume=a.kseed", "--json"]
    assert fedkseed.simulate("m", clients=3)["words"] == ["simulate", "m", "--clients=3", "--json"]
    assert fedkseed.score("m", data="d")["words"] == ["score", "m", "--data=d", "--json"]
    assert fedkseed.inspect("m")["words"] == ["inspect", "m", "--json"]
    assert fedkseed.generate("m", "Who?", max_tokens=5) == "answer"


def test_messages_come_as_lines(fake):
    lines = []
    fedkseed.run("x", on_message=lines.append)
    assert lines == ["one", "two ä"] and fedkseed.run("nothing") is None


def test_errors_have_the_message_of_the_command(fake):
    with pytest.raises(fedkseed.CommandError) as caught:
        fedkseed.run("fail", "x")
    assert str(caught.value) == "data.jsonl: line 3 is no JSON\nexpected an object"
    assert caught.value.code == 3 and "note: something" in caught.value.text and caught.value.command[1:] == ["fail", "x", "--json"]
    with pytest.raises(fedkseed.CommandError, match="fedkseed ended with exit code 5"):
        fedkseed.run("silent")


def test_an_interrupt_is_handed_on_once_and_waited_for(fake):
    lines = []

    def heard(line):
        lines.append(line)
        if line == "step 1":
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        fedkseed.run("wait", on_message=heard)
    assert lines == ["step 1", "stopped: go on"] and time.monotonic() - started < 20


def test_the_executable_is_found(fake, monkeypatch, tmp_path):
    assert fedkseed.executable() == str(fake)
    monkeypatch.setenv("FEDKSEED", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="FEDKSEED is .*, expected the path"):
        fedkseed.executable()
    monkeypatch.delenv("FEDKSEED")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="fedkseed is not on PATH"):
        fedkseed.executable()
    built = tmp_path / ".build/release/fedkseed"
    built.parent.mkdir(parents=True)
    built.symlink_to(fake)
    assert fedkseed.executable() == os.path.join(".build", "release", "fedkseed")
    (tmp_path / "fedkseed").symlink_to(fake)
    assert fedkseed.executable() == str(tmp_path / "fedkseed")


def test_a_model_is_tuned_scored_and_asked(tool, root, tmp_path, monkeypatch):
    monkeypatch.setenv("FEDKSEED", str(tool.path))
    model, path, prompt = root / "Models/tiny-llama", tmp_path / "a.kseed", dict(template="raw", end_token=True)
    result = fedkseed.tune(model, data="synthetic:6", candidates=16, batch=2, held_out=14, steps=2, no_report=True, out=path, **prompt)
    assert result["loss_after"] < result["loss_before"] and len(result["steps"]) == 2
    assert fedkseed.read(path).base == fedkseed.inspect(model)["sha256"] == fedkseed.identity(model)
    scored = fedkseed.score(model, data="synthetic:1", kseed=path, **prompt)
    assert scored["examples"] == 14
    assert isinstance(fedkseed.generate(model, "The otter", template="raw", kseed=path, max_tokens=4), str)
    with pytest.raises(fedkseed.CommandError, match="steps"):
        fedkseed.tune(model, data="synthetic:6", steps=-1, out=tmp_path / "b.kseed")
    with pytest.raises(fedkseed.CommandError, match="nowhere"):
        fedkseed.score(tmp_path / "nowhere", data="synthetic:1")


def test_message_without_error_is_the_end_of_the_text():
    assert command.message("a\nb") == "a\nb" and command.message("") == ""
