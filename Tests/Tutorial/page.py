"""A page of Markdown as steps: commands, and what the page says they print.

Fences stand at the beginning of a line. A fence with the language `sh` is commands, and the next block of `text`, of no
language, or indented by four blanks, is their output; a heading or another fence between them says that there is none. A fence
without language whose first line begins with `$ ` has commands and their output in turns. Comments before a fence,
each a line of its own, are its markers: `<!-- NAME: VALUE -->` or `<!-- NAME -->`.
"""

import dataclasses
import re
import subprocess

MARKERS = ("run", "compare", "interrupt", "fails", "short", "file", "machine")


class PageError(Exception):
    """What is wrong with a page, and in which line."""


@dataclasses.dataclass
class Step:
    """Commands that are run together; their output is lines `begin` to `end` of the page (from 0), without `indent`."""

    line: int
    """The number of its first line, from 1."""
    commands: str
    markers: dict
    begin: int | None = None
    end: int | None = None
    indent: str = ""
    shown: list | None = None
    """The lines of output on the page; None if it shows none."""


@dataclasses.dataclass
class Block:
    """A fenced or indented block; its content is lines `begin` to `end`, from 0."""

    language: str | None
    """None if it is indented."""
    begin: int
    end: int
    markers: dict


def blocks(lines):
    """Return the blocks of a page, and a None for each heading."""
    found, markers, number = [], {}, 0
    while number < len(lines):
        line = lines[number]
        marker = re.fullmatch(r"<!-- *([a-z]+)(?:: *(.*?))? *-->", line.strip())
        fence = re.match(r"(```+|~~~+)\s*(\w*)", line)
        if marker:
            add(markers, marker[1], marker[2] or "", number)
        elif fence:
            end = closing(lines, number, fence[1])
            found.append(Block(fence[2], number + 1, end, markers))
            markers, number = {}, end
        elif line.startswith("    ") and line.strip() and (number == 0 or not lines[number - 1].strip()):
            end = indented_end(lines, number)
            found.append(Block(None, number, end, markers))
            markers, number = {}, end - 1
        elif line.strip():
            found += [None] if line.startswith("#") else []
            markers = {}
        number += 1
    return found


def add(markers, name, value, number):
    if name not in MARKERS:
        raise PageError(f"line {number + 1}: marker {name!r}, expected one of {', '.join(MARKERS)}")
    markers.setdefault(name, []).append(value)


def closing(lines, number, fence):
    for end in range(number + 1, len(lines)):
        if lines[end].rstrip() == fence:
            return end
    raise PageError(f"line {number + 1}: the fence {fence} is not closed")


def indented_end(lines, number):
    end = number
    while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return end


def steps(text):
    """Return the steps of a page in their order."""
    lines, result, open_step = text.split("\n"), [], None
    for block in blocks(lines):
        if block is None:
            open_step = None
        elif open_step is not None and block.language in (None, "", "text") and not is_console(lines, block):
            show(open_step, lines, block)
            open_step = None
        elif block.language is not None:
            made = steps_of(lines, block)
            check_short(block, made)
            result += made
            open_step = made[0] if block.language == "sh" and "file" not in block.markers else None
    return result


def is_console(lines, block):
    return block.language is not None and block.begin < block.end and lines[block.begin].startswith("$ ")


def show(step, lines, block):
    step.begin, step.end, step.indent = block.begin, block.end, "" if block.language is not None else "    "
    step.shown = [line.removeprefix(step.indent) for line in lines[block.begin:block.end]]
    for name, values in block.markers.items():
        step.markers.setdefault(name, []).extend(values)


def steps_of(lines, block):
    """Return the steps that a fence makes: a file, commands, or commands with their output in turns."""
    content = lines[block.begin:block.end]
    if "file" in block.markers:
        name, end = block.markers["file"][0], "END-OF-FILE"
        return [Step(block.begin, "\n".join([f"cat >'{name}' <<'{end}'", *content, end]), block.markers)]
    if block.language == "sh":
        return [Step(block.begin, "\n".join(content), block.markers)]
    return turns(lines, block) if block.language == "" and is_console(lines, block) else []


def check_short(block, made):
    """Raise PageError unless each replacement for the short form is of commands of this block."""
    for value in block.markers.get("short", []):
        if value != "no" and not any(replacement(value)[0] in step.commands for step in made):
            raise PageError(f"line {block.begin}: short: {value!r}, expected 'no' or 'OLD = NEW' with a part of the commands")


def replacement(value):
    """Return what is replaced in the short form, and what by."""
    old, separator, new = value.partition(" = ")
    return (old, new) if separator else ("\0", "")


def turns(lines, block):
    """Return a step for each line that begins with `$ `, with the lines that complete it."""
    result, number = [], block.begin
    while number < block.end:
        if lines[number].startswith("$ "):
            begin, commands = number, lines[number][2:]
            while not is_complete(commands) and number + 1 < block.end:
                number += 1
                commands += "\n" + lines[number]
            result.append(Step(begin + 1, commands, block.markers, number + 1, number + 1, shown=[]))
        else:
            result[-1].end = number + 1
            result[-1].shown.append(lines[number])
        number += 1
    return result


def is_complete(commands):
    """Whether the shell waits for no more lines of this command."""
    checked = subprocess.run(["bash", "-n", "-c", commands], capture_output=True)
    return checked.returncode == 0 and not commands.endswith("\\")
