"""The check of the tutorial, on pages made for it."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from figures import differences, label  # noqa: E402
from page import PageError, steps  # noqa: E402

PAGE = """# A page

<!-- run: no -->
```sh
exit 1
```

<!-- file: data.txt -->

```python
print('$HOME')
```

```sh
NAME=world
mkdir inner && cd inner
cat ../data.txt
echo "hello $NAME, $((40 + 2)) of 50"
```

Words between.

```text
print('$HOME')
hello world, 42 of 50
```

## Turns

```
$ echo "two
lines 7"
two
lines 7

$ printf 'loss  0.123 nats\\nfree  %s MB\\ntime  9.1 s\\n' 31.0
loss  0.123 nats
free  20.5 MB
time  0.2 s
```

```sh
echo one; seq 1000; echo last $PWD | sed 's/.*inner/inner/'
```

    one
    1
    ...
    1000
    inner
"""


def run(page, tmp_path, *options):
    """The exit code and the lines that the check prints."""
    (tmp_path / "page.md").write_text(page)
    tool = tmp_path / "tool"
    tool.write_text('#!/bin/sh\necho \'{"instruction_set": "avx2", "openblas": {"core_type": "Zen"}}\'\n')
    tool.chmod(0o755)
    done = subprocess.run([sys.executable, pathlib.Path(__file__).parent / "check_tutorial.py", "--tool", tool, "--model", "m",
                           "--page", tmp_path / "page.md", *options], capture_output=True, text=True)
    return done.returncode, done.stdout.replace(str(tmp_path / "page.md"), "page").splitlines(), done.stderr


def test_a_page_is_read_as_steps():
    found = steps(PAGE)
    assert [step.line for step in found] == [4, 10, 14, 31, 36, 42]
    assert found[1].commands == "cat >'data.txt' <<'END-OF-FILE'\nprint('$HOME')\nEND-OF-FILE"
    assert found[2].shown == ["print('$HOME')", "hello world, 42 of 50"] and found[3].commands == 'echo "two\nlines 7"'
    assert found[3].shown == ["two", "lines 7", ""] and found[5].shown == ["one", "1", "...", "1000", "inner"]


def test_a_page_that_is_right_passes(tmp_path):
    code, lines, errors = run(PAGE, tmp_path)
    assert (code, lines[-1]) == (0, "6 steps, 4 outputs compared, 0 differences"), (lines, errors)


@pytest.mark.parametrize("old, new, said", [
    ("42 of 50\n```", "43 of 50\n```", "page:25: shown 'hello world, 43 of 50', printed 'hello world, 42 of 50'"),
    ("loss  0.123 nats\nfree", "loss  0.124 nats\nfree", "page:37: shown 'loss  0.124 nats', printed 'loss  0.123 nats'"),
    ("free  20.5", "free  2.5", "page:38: shown 'free  2.5 MB', printed 'free  31.0 MB'"),
    ("time  0.2 s\n", "", "page:38: printed 'time  9.1 s', shown no such line"),
    ("    inner\n", "    outer\n", "page:49: shown '1000' and 1 lines more, printed no such lines in their place"),
    ("    1\n", "    2\n", "page:47: shown '2', printed '1'")])
def test_a_difference_is_said_by_its_line(old, new, said, tmp_path):
    code, lines, _ = run(PAGE.replace(old, new), tmp_path)
    assert code == 1 and any(line.startswith(said[:12]) and said[12:] in line for line in lines), lines


def test_a_page_is_written_anew(tmp_path):
    code, lines, _ = run(PAGE.replace("42 of 50\n```", "43 of 50\n```").replace("20.5 MB", "99 MB"), tmp_path, "--write", tmp_path / "new.md")
    written = (tmp_path / "new.md").read_text()
    assert code == 1 and written == PAGE.replace("20.5 MB", "31.0 MB").replace("time  0.2 s", "time  9.1 s")
    assert "the output of line 42 has parts left out" in "".join(lines)


def test_commands_that_fail_end_the_check(tmp_path):
    page = "```sh\necho a\nfalse\necho b\n```\n```text\na\nb\n```\n```sh\necho c\n```\n"
    code, lines, _ = run(page, tmp_path)
    assert code == 1 and "page:1: the commands end here with exit code 1: a" in lines


def test_an_expected_error_is_compared(tmp_path):
    page = "<!-- fails -->\n```sh\necho wrong >&2; false\n```\n```text\nwrong\n```\n```sh\necho on\n```\n```text\non\n```\n"
    assert run(page, tmp_path)[0] == 0
    assert "page:2: ended well, expected an error" in run(page.replace("false", "true"), tmp_path)[1]


@pytest.mark.parametrize("when", ["1 s", "step 1"])
def test_a_step_is_interrupted_and_the_page_goes_on(when, tmp_path):
    program = "trap 'echo stopped  3 of 9; exit 130' INT; echo step 1; for i in $(seq 300); do sleep 0.1; done; echo never  1"
    (tmp_path / "slow").write_text(program)
    page = (f"<!-- interrupt: {when} -->\n```sh\nbash {tmp_path}/slow\n```\n```text\nstopped  1 of 9\n```\n"
            "```sh\necho on 5\n```\n```text\non 5\n```\n")
    code, lines, errors = run(page, tmp_path)
    assert code == 0, (lines, errors)


def test_the_short_form_replaces_and_then_compares_labels(tmp_path):
    page = ("```sh\necho 'a  1'\n```\n```text\na  1\n```\n<!-- short: --steps 40 = --steps 2 -->\n```sh\necho 'steps  --steps 40 of 40'\n```\n"
            "```text\nsteps  --steps 40 of 40\nfree text\n```\n<!-- short: no -->\n```sh\nsleep 1; echo long\n```\n```text\nlong\n```\n"
            "```sh\necho 'b  3'\n```\n```text\nb  4\n```\n")
    assert run(page, tmp_path, "--short")[0] == 0
    assert run(page.replace("echo 'a  1'", "echo 'a  2'"), tmp_path, "--short")[0] == 1
    assert run(page.replace("echo 'b  3'", "echo 'c  3'"), tmp_path, "--short")[0] == 1
    assert run(page.replace("free text\n", ""), tmp_path)[0] == 1


def test_other_machines_are_compared_loosely(tmp_path):
    page = "<!-- machine: avx512 SkylakeX -->\n```sh\necho 'loss 0.501, 7 steps, 93.3 %'\n```\n```text\nloss 0.500, 7 steps, 86.7 %\n```\n"
    assert run(page, tmp_path)[0] == 0
    assert run(page.replace("avx512 SkylakeX", "avx2 Zen"), tmp_path)[0] == 1
    assert run(page, tmp_path, "--exact")[0] == 1
    assert run(page.replace("7 steps, 93", "8 steps, 93"), tmp_path)[0] == 1


@pytest.mark.parametrize("page, message", [
    ("<!-- rum: no -->\n", "line 1: marker 'rum', expected one of run"), ("```sh\n", "line 1: the fence ``` is not closed"),
    ("<!-- short: a = b -->\n```sh\ntrue\n```\n", "line 2: short: 'a = b', expected"), ("<!-- short: a -->\n```sh\na\n```\n", "expected 'no' or")])
def test_pages_that_are_marked_wrongly_are_refused(page, message, tmp_path):
    with pytest.raises(PageError, match=message):
        steps(page)
    assert run(page, tmp_path)[0] == 1


def test_a_page_without_outputs_is_no_success(tmp_path):
    assert run("```sh\ntrue\n```\n", tmp_path)[0] == 1


@pytest.mark.parametrize("shown, printed, degree, count", [
    ("took 3.5 min", "took 1.2 min", "exact", 0), ("12 s/step", "90 s/step", "exact", 0), ("ETA 12:03", "ETA 01:02:03", "exact", 0),
    ("at 31s", "at 9s", "exact", 0), ("2026-11-28 x", "2027-01-01 x", "exact", 0), ("8.27 kB", "8.26 kB", "exact", 1),
    ("round 1/4", "round 2/4", "exact", 1), ("5dc6d17a", "5dc6d17b", "exact", 1), ("(19.2 to 51.2)", "(19.2 to 51.3)", "exact", 1),
    ("1,024 steps", "1,025 steps", "loose", 1), ("0.0101", "0.0299", "loose", 0), ("4.00 nats", "4.09 nats", "loose", 1),
    ("-1.5 x", "1.5 x", "loose", 1), ("lr 1e-05", "lr 1e-5", "exact", 1), ("a  b", "a b", "exact", 0), ("x 5", "x 6", "words", 0),
    ("x 5", "y 5", "words", 1), ("before  a", "before  b", "labels", 0), ('"seconds": 1.5,', '"seconds": 9.5,', "exact", 0),
    ("anything", "else", "no", 0)])
def test_figures_are_compared_by_their_kind(shown, printed, degree, count):
    assert len(differences([shown], [printed], degree)) == count


def test_labels_are_what_lines_begin_with():
    assert [label(line) for line in ("loss per token  5 nats", "round 1/4  x", "free text", "  after   x", "a 5")] == [
        "loss per token", "round", "", "after", "a"]
