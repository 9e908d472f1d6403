"""What is measured: named requests to engines. The names are those in the CSV files."""


def forward_and_step(threads):
    """Plain passes, two-sided steps, and the bare products of a pass."""
    cases = {}
    for count in sorted({1, threads}):
        for tokens in (64, 256, 1024):
            cases[f"forward T={tokens} threads={count}"] = (
                "fedkseed", {"task": "forward", "tokens": tokens, "threads": count})
            cases[f"step hadamard virtual T={tokens} threads={count}"] = (
                "fedkseed", {"task": "step", "tokens": tokens, "threads": count})
        for recompute in ("always", "never"):
            cases[f"step backprop {recompute} T=256 threads={count}"] = (
                "fedkseed", {"task": "step", "tokens": 256, "threads": count,
                             "estimator": "backprop", "recompute": recompute})
        for tokens in (256, 1024):
            cases[f"sgemm T={tokens} threads={count}"] = (
                f"sgemm {count}", {"task": "sgemm", "tokens": tokens, "threads": count})
            cases[f"sgemm+attention T={tokens} threads={count}"] = (
                f"sgemm {count}", {"task": "sgemm", "tokens": tokens, "threads": count,
                                  "attention": True})
        cases[f"copy threads={count}"] = ("fedkseed", {"task": "copy", "threads": count})
        cases[f"clients threads={count}"] = (
            "fedkseed", {"task": "clients", "count": count_of_clients(threads), "tokens": 64,
                         "threads": count, "repeats": 1})
    for basis in ("rademacher", "gaussian"):
        for tokens in (64, 256):
            cases[f"step {basis} dense T={tokens} threads={threads}"] = (
                "fedkseed", {"task": "step", "tokens": tokens, "threads": threads,
                             "basis": basis, "mode": "dense"})
    return cases


def count_of_clients(threads):
    """Returns as many clients as threads, and at least two."""
    return max(2, threads)


def replay():
    """All 4096 directions into f32 weights, on one core; enough weights for some 0.1 s."""
    def case(basis, count, instructions=None):
        return ("fedkseed", {"task": "replay", "basis": basis, "count": count,
                             "instructionSet": instructions})
    return {
        "replay hadamard": case("hadamard", 1 << 24),
        "replay rademacher": case("rademacher", 1 << 20),
        "replay gaussian": case("gaussian", 1 << 16),
        "replay gaussian avx2": case("gaussian", 1 << 16, "avx2"),
        "projection hadamard": ("fedkseed", {"task": "project", "count": 1 << 24}),
    }


def peers(threads, files):
    """MeZO, AdamW and LoRA in PyTorch and prompt processing by llama.cpp, with ours beside them."""
    cases = {}
    for kind in ("f32", "bf16"):
        for tokens in (64, 256):
            cases[f"torch MeZO {kind} T={tokens}"] = (
                "torch", {"task": "step", "tokens": tokens, "model": str(files["f32"]),
                          "elementType": kind, "threads": threads, "repeats": 1})
    for method in ("adamw", "lora"):
        cases[f"torch {method} f32 T=256"] = (
            "torch", {"task": method, "tokens": 256, "model": str(files["f32"]),
                      "elementType": "f32", "threads": threads, "repeats": 1})
    cases["torch forward f32 T=256"] = (
        "torch", {"task": "forward", "tokens": 256, "model": str(files["f32"]),
                  "elementType": "f32", "threads": threads})
    for kind in ("f32", "bf16", "q4_1"):
        for tokens in (256, 512):
            ours = {"task": "prompt", "tokens": tokens, "threads": threads}
            if kind != "q4_1":
                ours["weights"] = str(files[kind])
            cases[f"prompt fedkseed {kind} T={tokens}"] = ("fedkseed", ours)
            cases[f"prompt llama.cpp {kind} T={tokens}"] = (
                "llama.cpp", {"task": "prompt", "tokens": tokens, "threads": threads,
                              "model": str(files[f"{kind}.gguf"])})
    return cases


def long_ones(threads, files, seeds):
    """Measurements of many seconds, which need few rounds."""
    torch = {"model": str(files["f32"]), "elementType": "f32", "threads": threads, "repeats": 1}
    return {
        "decode fedkseed": ("fedkseed", {"task": "decode", "tokens": 64, "count": 32,
                                         "threads": threads, "repeats": 1}),
        "decode transformers": ("torch", torch | {"task": "decode", "tokens": 64, "count": 32}),
        "replay torch": ("torch", torch | {"task": "replay", "count": seeds}),
    }


def growth(threads, tiny):
    """How a step grows with T, K and d."""
    def step(**request):
        return ("fedkseed", {"task": "step", "threads": threads} | request)
    cases = {}
    for tokens in (16, 32, 128, 512):
        cases[f"step hadamard virtual T={tokens} threads={threads}"] = step(tokens=tokens)
        cases[f"forward T={tokens} threads={threads}"] = (
            "fedkseed", {"task": "forward", "tokens": tokens, "threads": threads})
    for candidates in (256, 1024, 16384):
        cases[f"step K={candidates} T=64"] = step(tokens=64, candidates=candidates)
    for tokens in (64, 256):
        cases[f"step tiny-llama T={tokens}"] = step(tokens=tokens, model=str(tiny))
    return cases
