"""From times to the table of goals."""

import copy
import statistics

WEIGHTS = 134_515_008  # of SmolLM2-135M, the tied embeddings once
CANDIDATES = 4096
RATIO, GOAL, MET = 3, 4, 5  # columns of the table
MISSED = "**no**"


class Results:
    """All measurements of a run, by the name of their case."""

    def __init__(self, threads, seeds):
        self.threads, self.seeds = threads, seeds  # seeds: how many torch replays
        self.seconds, self.values, self.work = {}, {}, {}
        self.summarise = statistics.median

    def add(self, name, measurement):
        self.seconds.setdefault(name, []).extend(measurement["seconds"])
        self.values[name] = measurement.get("value")
        self.work[name] = measurement.get("work")

    def time(self, name):
        """Returns the median in seconds, or None if there is no measurement."""
        times = self.seconds.get(name)
        return self.summarise(times) if times else None

    def fastest(self):
        """Returns the same results with minima for medians: what other programs disturb least."""
        other = copy.copy(self)
        other.summarise = min
        return other

    def per_weight(self, name):
        """Returns nanoseconds a weight, all candidates together."""
        return self.time(name) * 1e9 / self.work[name] if self.time(name) else None


def milliseconds(seconds):
    return f"{seconds * 1e3:.1f} ms" if seconds is not None else "not measured"


def row(what, ours, peer, ratio, goal, at_least):
    """Returns a line of the table; `ratio` is None where something was not measured."""
    sign = "≥" if at_least else "≤"
    if ratio is None:
        return what, ours, peer, "–", f"{sign} {goal:,g}", "not measured"
    met = ratio >= goal if at_least else ratio <= goal
    return what, ours, peer, f"{ratio:,.4g}", f"{sign} {goal:,g}", "yes" if met else MISSED


def ratio(a, b):
    return a / b if a and b else None


def pass_rows(r):
    n = r.threads
    for count in sorted({1, n}, reverse=True):
        for tokens in (256, 1024):
            ours = r.time(f"forward T={tokens} threads={count}")
            for bare in ("sgemm", "sgemm+attention"):
                peer = r.time(f"{bare} T={tokens} threads={count}")
                yield row(
                    f"plain forward / bare {bare}, T = {tokens}, threads = {count}",
                    milliseconds(ours), milliseconds(peer), ratio(ours, peer), 1.20, False)
    goals = [("hadamard virtual", 256, 1.20), ("hadamard virtual", 64, 1.60)]
    goals += [(f"{b} dense", t, g) for b in ("rademacher", "gaussian")
              for t, g in ((256, 1.10), (64, 1.25))]
    for basis, tokens, goal in goals:
        ours = r.time(f"step {basis} T={tokens} threads={n}")
        forward = r.time(f"forward T={tokens} threads={n}")
        twice = 2 * forward if forward else None
        yield row(f"step {basis} / two plain forwards, T = {tokens}",
                  milliseconds(ours), milliseconds(twice), ratio(ours, twice), goal, False)


def backprop_rows(r):
    forward = r.time(f"forward T=256 threads={r.threads}")
    twice = 2 * forward if forward else None
    for recompute, goal in (("always", 2.4), ("never", 1.9)):
        ours = r.time(f"step backprop {recompute} T=256 threads={r.threads}")
        yield row(f"step backprop, recompute {recompute} / two plain forwards, T = 256",
                  milliseconds(ours), milliseconds(twice), ratio(ours, twice), goal, False)
        for method, name, least in (("adamw", "AdamW, all weights", 1.6), ("lora", "LoRA", 1.2)):
            peer = r.time(f"torch {method} f32 T=256")
            yield row(f"step backprop, recompute {recompute} / PyTorch {name}, T = 256",
                      milliseconds(ours), milliseconds(peer), ratio(peer, ours), least, True)
    projection = r.per_weight("projection hadamard")
    yield row("projection hadamard, one core, ns a weight (all K = 4096)",
              f"{projection:.3f} ns" if projection else "–", "", projection, 0.6, False)


def thread_rows(r):
    n = r.threads
    for name in ("step backprop always T=256", "step backprop never T=256",
                 "step hadamard virtual T=256", "step hadamard virtual T=64", "clients"):
        one, all_ = r.time(f"{name} threads=1"), r.time(f"{name} threads={n}")
        if n > 1:
            yield row(f"{name}: {n} threads against one", milliseconds(all_), milliseconds(one),
                      ratio(one, all_), 0.9 * n, True)


def torch_rows(r):
    for tokens, goal in ((256, 6), (64, 12)):
        ours = r.time(f"step hadamard virtual T={tokens} threads={r.threads}")
        times = [r.time(f"torch MeZO {kind} T={tokens}") for kind in ("f32", "bf16")]
        best = min((time for time in times if time), default=None)
        yield row(f"step / PyTorch MeZO (best of f32 and bf16), T = {tokens}",
                  milliseconds(ours), milliseconds(best), ratio(best, ours), goal, True)


def replay_rows(r):
    hadamard = r.per_weight("replay hadamard")
    yield row("replay hadamard, one core, ns a weight (all K = 4096)",
              f"{hadamard:.3f} ns" if hadamard else "–", "", hadamard, 0.6, False)
    for name, goal in (("rademacher", 20), ("gaussian", 1.7), ("gaussian avx2", 0.8)):
        time = r.per_weight(f"replay {name}")
        rate = CANDIDATES / time if time else None
        yield row(f"replay {name}, one core, G directions/s",
                  f"{rate:.2f} G/s" if rate else "–", "", rate, goal, True)
    torch = r.time("replay torch")
    # One torch pass is one of K directions: time · K / seeds. Ours: one core against its threads.
    torch_time = torch / r.seeds * CANDIDATES if torch else None
    for name, goal in (("hadamard", 10_000), ("rademacher", 100), ("gaussian", 8)):
        time = r.per_weight(f"replay {name}")
        ours = time * 1e-9 * WEIGHTS / r.threads if time else None
        yield row(f"replay {name} / torch, 135 M weights, K = 4096, extrapolated",
                  f"{ours:.3g} s" if ours else "–", f"{torch_time:.4g} s" if torch else "–",
                  ratio(torch_time, ours), goal, True)


def inference_rows(r):
    for tokens in (256, 512):
        for kind, goal in (("f32", 1.3), ("bf16", 1.0), ("q4_1", 1.0)):
            ours = r.time(f"prompt fedkseed {kind} T={tokens}")
            peer = r.time(f"prompt llama.cpp {kind} T={tokens}")
            yield row(f"prompt processing / llama.cpp {kind}, T = {tokens}",
                      speed(tokens, ours), speed(tokens, peer), ratio(peer, ours), goal, True)
    ours, peer = r.time("decode fedkseed"), r.time("decode transformers")
    yield row("greedy decoding, 32 × 64 tokens / transformers f32", speed(32 * 64, ours),
              speed(32 * 64, peer), ratio(peer, ours), 1.0, True)
    memory = r.work.get("memory")
    megabytes = memory / 1e6 if memory else None
    yield row("private memory of a virtual step, T = 256, MB",
              f"{megabytes:.1f} MB" if memory else "–", "", megabytes, 100, False)


def speed(tokens, seconds):
    return f"{tokens / seconds:.0f} tokens/s" if seconds else "not measured"


def table(r):
    """Returns the table of goals in Markdown: medians, and last the ratio of the fastest runs."""
    rows = [("what", "fedkseed", "peer", "ratio", "goal", "met", "fastest"), ("---",) * 7]
    rows += [(*a, b[RATIO]) for a, b in zip(all_rows(r), all_rows(r.fastest()))]
    return markdown(rows)


def comparison(runs):
    """Returns a table of the goals with the ratios of several runs: medians, in bold where a goal is missed."""
    rows = [("what", "goal", *(f"run {number}" for number, _ in enumerate(runs, 1))), ("---",) * (2 + len(runs))]
    found = [{line[0]: line for line in all_rows(run)} for run in runs]
    # By name: what a run on another number of threads does not have is a dash.
    for what in {what: None for lines in found for what in lines}:
        lines = [lines.get(what) for lines in found]
        goal = next(line[GOAL] for line in lines if line)
        rows.append((what, goal, *map(shown_ratio, lines)))
    return markdown(rows)


def shown_ratio(line):
    if line is None:
        return "–"
    return f"**{line[RATIO]}**" if line[MET] == MISSED else line[RATIO]


def markdown(rows):
    return "\n".join("| " + " | ".join(line) + " |" for line in rows)


def all_rows(r):
    parts = (pass_rows, backprop_rows, torch_rows, replay_rows, thread_rows, inference_rows)
    return [line for part in parts for line in part(r)]


def roofline(r):
    """Returns what the machine can do, measured in the same run."""
    lines = []
    for count in sorted({1, r.threads}):
        time, copy = r.time(f"sgemm T=1024 threads={count}"), r.time(f"copy threads={count}")
        if time and copy:
            lines.append(
                f"threads = {count}: sgemm {r.work[f'sgemm T=1024 threads={count}'] / time / 1e9:.0f}"
                f" GFLOP/s, copy {r.work[f'copy threads={count}'] / copy / 1e9:.1f} GB/s")
    return "\n".join(lines)


def disagreements(r):
    """Returns sentences on programs that computed something else than they should."""
    pairs = [(f"forward T=256 threads={r.threads}", "torch forward f32 T=256", 5e-3)]
    pairs += [(f"step hadamard virtual T={t} threads={r.threads}", f"torch MeZO f32 T={t}", 0.2)
              for t in (64, 256)]
    pairs += [(f"prompt fedkseed f32 T={t}", f"prompt llama.cpp f32 T={t}", 0) for t in (256, 512)]
    for a, b, tolerance in pairs:
        x, y = r.values.get(a), r.values.get(b)
        if x is not None and y is not None and abs(x - y) > tolerance:
            yield f"'{a}' gives {x}, but '{b}' gives {y}"


def line(points):
    """Returns intercept and slope of the least-squares line through (x, y)."""
    fit = statistics.linear_regression(*zip(*points))
    return fit.intercept, fit.slope


def growth(r):
    """Returns how times grow with T: measured points and the line through them."""
    lines = []
    for name in ("forward", "step hadamard virtual"):
        for count in sorted({1, r.threads}):
            times = {t: r.time(f"{name} T={t} threads={count}")
                     for t in (16, 32, 64, 128, 256, 512, 1024)}
            points = [(t, time * 1e3) for t, time in times.items() if time]
            if len(points) < 3:
                continue
            constant, slope = line(points)
            measured = ", ".join(f"{t}: {ms:.0f}" for t, ms in points)
            lines.append(f"{name}, threads = {count}, ms at T = {measured}; "
                         f"line {constant:.0f} ms + {slope:.3f} ms · T")
    others = ("step K=", "step tiny-llama")
    lines += [f"{name}: {r.time(name) * 1e3:.2f} ms" for name in r.seconds if name.startswith(others)]
    return "\n".join(lines)
