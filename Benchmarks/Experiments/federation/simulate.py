#!/usr/bin/env python3
"""Runs FedKSeed, FedKSeed-Pro and FedZO in `fedkseed simulate`, and scores what they tuned.

    simulate.py --tool .build/release/fedkseed --model MODEL.gguf --settings dolly-0.5 \
      --methods fedkseed,backprop --lrs 1e-5,3e-5 --seeds 1,2,3 --rounds 20 --local-steps 200

backprop is fedkseed with exact slopes along all K directions. What stands behind -- are more options of
`fedkseed simulate`. prepare.py comes first. Runs in the results are not repeated, and one that was
stopped goes on after its last round: stop and start the script at will.
"""

import common
import experiment

METHODS = {"backprop": ["--estimator", "backprop"], "fedkseed": ["--estimator", "two-sided"]}


def main():
    options = common.parser(
        __doc__.splitlines()[0], ["fedkseed", "fedkseed-pro", "fedzo", "backprop"], 200)
    options.add_argument("--candidates", type=int, default=4096, help="K; FedZO takes what it needs")
    options = experiment.parse(options)
    blas = common.tool(options, "doctor")["openblas"]["core_type"]
    for run in common.pending(options, lambda method: candidates(options, method)):
        prepared = common.Prepared(options, run["setting"])
        folder = prepared.folder / "runs" / common.file_name(run)
        found = facts(simulate(options, prepared, run, folder)) | {"blas": f"OpenBLAS {blas}"}
        common.finish(options, prepared, run, found, options.model, "--kseed",
                      folder / "model.kseed", "--mode", "dense")


def candidates(options, method):
    """K; FedZO has a direction for each step of each client, and K is a power of two.

    Not less than --candidates: steps with a small K are slower, which FedZO must not be blamed for.
    """
    if method != "fedzo":
        return options.candidates
    steps = options.rounds * options.participants * int(options.local_steps)
    return max(options.candidates, 1 << (steps - 1).bit_length())


def simulate(options, prepared, run, folder):
    """Runs the federation, or what is left of it."""
    if (folder / "state.json").exists():
        return common.tool(options, "simulate", "--resume", folder, "--out", folder)
    folder.parent.mkdir(exist_ok=True)
    return common.tool(
        options, "simulate", options.model, *prepared.arguments(options, run["seed"]),
        *METHODS.get(run["method"], ["--method", run["method"]]), *options.extra, "--lr", run["lr"], "--candidates", run["candidates"],
        "--rounds", run["rounds"], "--local-steps", run["local_steps"], "--batch", run["batch"],
        "--force", "--out", folder)


def facts(result):
    """The columns that the simulation measured."""
    return {
        "bytes_up": result["bytes_up_per_client_and_round"],
        "bytes_down": result["bytes_down_per_client_and_round"], "steps": result["steps"],
        "train_seconds": round(sum(item["seconds"] for item in result["rounds"]), 1),
        "peak_private_mb": round(result["peak_private_bytes"] / 1e6)}


main()
