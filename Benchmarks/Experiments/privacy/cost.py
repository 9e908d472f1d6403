"""What noise costs: the same federation without privacy, clipped, and with noise for some epsilons.

    cost.py --tool .build/release/fedkseed --model Models/tiny-llama --python .venv-flower/bin/python --out FOLDER

100 clients of a few examples each, three of ten in a round, one step of each; K = 64. --only runs one case. --python is one with dp-accounting, which
says what noise an epsilon takes.
"""

import argparse
import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DELTA, CLIENTS, RATE, ROUNDS, CLIP = 1e-3, 100, 0.3, 6, 0.008
SHAPE = (
    f"--data synthetic:20 --template raw --candidates 64 --batch 4 --held-out 16 --clients {CLIENTS} "
    f"--participation {RATE} --rounds {ROUNDS} --local-steps 1 --partition iid --estimator backprop --lr 1e-3"
).split()


def noise(python: str, epsilon: float, placement: str) -> str:
    """Return the noise multiplier of an epsilon; with local noise by the client that answers most often."""
    rate, rounds = (RATE, ROUNDS) if placement == "central" else (1, ROUNDS)
    output = subprocess.run(
        [python, "-m", "fedkseed_flower.privacy", "--epsilon", str(epsilon), "--delta", str(DELTA),
         "--rounds", str(rounds), "--sampling-rate", str(rate), "--placement", placement],
        check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "Integrations/Flower")})
    return output.stdout.split()[1]


def run(tool: str, model: str, out: Path, options: list[str]) -> list[float]:
    """Return the held-out loss before the run and after each round."""
    subprocess.run(
        [tool, "simulate", model, *SHAPE, *options, "--threads", "1", "--out", str(out), "--force"],
        capture_output=True)
    results = json.loads((out / "results.json").read_text())
    rounds = [json.loads(line)["held_out_loss"] for line in (out / "rounds.jsonl").read_text().splitlines()]
    return [results["loss_before"], *rounds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("tool", "model", "python"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", type=int, help="the number of a case, from 0")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cases: list[tuple[str, float | None, str | None]] = [("none", None, None), ("clip", None, "0")]
    cases += [("central", epsilon, noise(options.python, epsilon, "central")) for epsilon in (8, 2)]
    cases += [("local", 8, noise(options.python, 8, "local"))]
    print("| noise | ε | z | held-out loss, before and after each round |\n|---|---|---|---|")
    for kind, epsilon, multiplier in cases if options.only is None else [cases[options.only]]:
        placement = "central" if kind == "clip" else kind
        private = [] if multiplier is None else ["--dp", placement, "--dp-clip", str(CLIP), "--dp-noise-multiplier", multiplier]
        losses = run(options.tool, options.model, options.out / f"{kind}-{epsilon}", private)
        print(f"| {kind} | {epsilon or ''} | {multiplier or ''} | {', '.join(f'{loss:.3f}' for loss in losses)} |", flush=True)


if __name__ == "__main__":
    main()
