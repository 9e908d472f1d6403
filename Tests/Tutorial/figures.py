"""Compares lines that were printed with those a page shows: words, and figures as exactly as they can be the same.

A figure with a time behind it is not compared, memory within a factor of two. All others must be the same to the last digit,
or, if a comparison is loose, decimals within 2 % or 0.02 and percentages within 10 points: losses of other processors, whose
sums have another order, and accuracies of few examples.
"""

import difflib
import re

ELLIPSES = ("...", "…")
NUMBER = re.compile(r"[-+−]?(\d[\d,]*)(\.\d+)?(e[-+]?\d+)?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T.*)?|\d+:\d\d(:\d\d)?(\.\d+)?")
TIMES = {"s", "ms", "µs", "ns", "min", "h", "d", "seconds", "minutes", "hours"}
MEMORY = {"MB", "GB", "MiB", "GiB"}
EDGES = "()[]{}<>,;:\"'~"
# exact: all figures; loose: as above; words: no figures; labels: only how lines begin
DEGREES = ("exact", "loose", "words", "labels", "no")


def differences(shown, printed, degree):
    """Return a text for each difference of two lists of lines, with the number of the line that is shown."""
    if degree == "no":
        return []
    if degree == "labels":
        return label_differences(shown, printed)
    shown = [(number, line) for number, line in enumerate(shown) if line.strip()]
    printed = [line for line in printed if line.strip()]
    if any(line.strip() in ELLIPSES for _, line in shown):
        return part_differences(shown, printed, degree)
    return aligned_differences(shown, printed, degree)


def label_differences(shown, printed):
    """All labels that are shown must be printed; free text, without columns or figures, need not be."""
    found = {label(line) for line in printed}
    return [(number, f"shown {line.strip()!r}, printed no line that begins so") for number, line in enumerate(shown)
            if label(line) and label(line) not in found]


def label(line):
    """How a line begins, up to two blanks or its first figure; nothing if it has neither."""
    match = re.match(r"\s*(\D*?)(\s{2,}|\s[-+]?\d)", line.rstrip())
    return match[1].strip() if match else ""


def aligned_differences(shown, printed, degree):
    """Pairs lines by their words, so that a line too many is one difference."""
    result = []
    matcher = difflib.SequenceMatcher(None, [skeleton(line) for _, line in shown], [skeleton(line) for line in printed], False)
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        for place in range(max(i2 - i1, j2 - j1)):
            result += pair_differences(shown[i1 + place] if i1 + place < i2 else None,
                                       printed[j1 + place] if j1 + place < j2 else None, degree,
                                       shown[min(i1, len(shown) - 1)][0] if shown else 0)
    return result


def pair_differences(shown, printed, degree, near):
    if shown is None:
        return [(near, f"printed {printed.strip()!r}, shown no such line")]
    if printed is None:
        return [(shown[0], f"shown {shown[1].strip()!r}, printed no such line")]
    if not same(shown[1], printed, degree):
        return [(shown[0], f"shown {shown[1].strip()!r}, printed {printed.strip()!r}")]
    return []


def part_differences(shown, printed, degree):
    """Looks for each part between ellipses behind the one before; the first and the last stand at the ends."""
    parts, result, position = split(shown), [], 0
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1
        starts = range(position, len(printed) - len(part) + 1)
        starts = starts[:1] if index == 0 else starts[-1:] if is_last and part else starts
        start = next((start for start in starts if is_at(part, printed, start)), None)
        if start is None:
            number, line = part[0]
            result.append((number, f"shown {line.strip()!r} and {len(part) - 1} lines more, printed no such lines in their place"))
            continue
        for i, line in enumerate(part):
            result += pair_differences(line, printed[start + i], degree, 0)
        position = start + len(part)
    return result


def is_at(part, printed, start):
    """Whether the lines of a part stand at a place, by their words."""
    return all(skeleton(line) == skeleton(printed[start + i]) for i, (_, line) in enumerate(part))


def split(shown):
    parts = [[]]
    for number, line in shown:
        if line.strip() in ELLIPSES:
            parts.append([])
        else:
            parts[-1].append((number, line))
    return parts


def skeleton(line):
    """The words of a line, with # for each figure."""
    return " ".join("#" if is_figure(word) else word for word in line.split())


def is_figure(word):
    word = core(word)
    return NUMBER.fullmatch(word) is not None or MOMENT.fullmatch(word) is not None or attached(word) is not None


def core(word):
    """A word without the punctuation around it."""
    return word.strip(EDGES).rstrip(".")


def attached(word):
    """Number and unit of a word such as 12s or 40MB."""
    match = re.fullmatch(r"([-+]?\d[\d,]*(?:\.\d+)?)([a-zA-Zµ%/]+)", word)
    return match if match and (is_time(match[2]) or match[2] in MEMORY | {"%"}) else None


def is_time(unit):
    return unit in TIMES or unit.endswith("/s") or unit.startswith(("s/", "min/", "ms/"))


def same(shown, printed, degree):
    """Whether two lines are the same, but for what cannot be."""
    ours, theirs = shown.split(), printed.split()
    if skeleton(shown) != skeleton(printed):
        return False
    return degree == "words" or all(
        same_figure(core(one), core(other), unit(ours, place), ours[place - 1] if place else "", degree)
        for place, (one, other) in enumerate(zip(ours, theirs)) if is_figure(one))


def unit(words, place):
    """The unit of a figure: attached to it, or the next word."""
    match = attached(core(words[place]))
    return match[2] if match else core(words[place + 1]) if place + 1 < len(words) else ""


def same_figure(one, other, unit, before, degree):
    if is_time(unit) or MOMENT.fullmatch(one) or core(before).endswith("seconds") or one == other:
        return True
    (a, is_whole), (b, _) = value(one), value(other)
    if unit in MEMORY:
        return max(a, b) <= 2 * min(a, b)
    if degree == "exact" or is_whole and unit != "%":
        return False
    return abs(a - b) <= (10 if unit == "%" else max(0.02, 0.02 * abs(a)))


def value(figure):
    """The number of a figure, and whether it is written as a whole one."""
    match = attached(figure)
    text = (match[1] if match else figure).replace(",", "").replace("−", "-")
    return float(text), text.lstrip("+-").isdigit()
