"""What the privacy of a federation comes to: ε from noise and rounds, and noise from ε.

    pip install dp-accounting
    python -m fedkseed_flower.privacy --noise-multiplier 1 --sampling-rate 0.1 --rounds 50 --delta 1e-5
    python -m fedkseed_flower.privacy --epsilon 4 --sampling-rate 0.1 --rounds 50 --delta 1e-5

The accountant is Google's dp-accounting: exact without a sample, else by privacy loss distributions, an upper bound.
Documentation/Privacy.md says what ε is of, and what it is not.
"""

import argparse
import sys

MISSING = "the accountant is not installed: pip install dp-accounting"
# Of the privacy loss. Rounding is upwards, so a coarser grid is a looser bound, not a wrong one.
INTERVAL = 1e-3


def available() -> bool:
    """Return whether the accountant is installed; the app itself must depend on nothing."""
    try:
        import dp_accounting  # noqa: F401
    except ImportError:
        return False
    return True


def epsilon(
    noise_multiplier: float, releases: int, delta: float, sampling_rate: float = 1.0,
    placement: str = "central",
) -> float:
    """Return the ε of so many releases, for δ; infinite without noise.

    central: one client's part in the run, there or not; a sum moves by the clip norm C at most.
    local: all data of one client, replaced by any others; an update moves by 2 C at most.
    """
    check(delta, sampling_rate, releases, placement)
    if noise_multiplier < 0:
        raise ValueError(f"the noise multiplier must be at least 0, but is {noise_multiplier}")
    if noise_multiplier == 0 or releases == 0:
        return float("inf") if releases else 0.0
    import dp_accounting as dp
    from dp_accounting.pld import PLDAccountant

    deviation = noise_multiplier / (1 if placement == "central" else 2)
    if sampling_rate == 1:
        # Normal noise that is added often is, to an accountant, one that is smaller.
        return float(dp.get_epsilon_gaussian(deviation / releases**0.5, delta))
    event = dp.PoissonSampledDpEvent(sampling_rate, dp.GaussianDpEvent(deviation))
    accountant = PLDAccountant(value_discretization_interval=INTERVAL)
    accountant.compose(event, releases)
    return float(accountant.get_epsilon(delta))


def noise_multiplier(
    target: float, releases: int, delta: float, sampling_rate: float = 1.0,
    placement: str = "central", digits: int = 4,
) -> float:
    """Return the smallest noise multiplier of so many decimals whose ε is at most `target`."""
    check(delta, sampling_rate, releases, placement)
    if not 0.01 <= target <= 1000:
        raise ValueError(f"epsilon must be from 0.01 to 1000, but is {target}")
    steps, low, high = 10**digits, 0, 10**digits
    while epsilon(high / steps, releases, delta, sampling_rate, placement) > target:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if epsilon(middle / steps, releases, delta, sampling_rate, placement) > target:
            low = middle
        else:
            high = middle
    return high / steps


def check(delta: float, rate: float, releases: int, placement: str) -> None:
    """Raise ValueError for numbers that mean nothing."""
    if not 0 < delta < 1:
        raise ValueError(f"delta must be above 0 and below 1, but is {delta}")
    if not 0 < rate <= 1:
        raise ValueError(f"the sampling rate must be above 0 and up to 1, but is {rate}")
    if releases < 0:
        raise ValueError(f"the number of releases must not be negative, but is {releases}")
    if placement not in ("central", "local"):
        raise ValueError(f"the placement must be central or local, but is '{placement}'")
    if placement == "local" and rate != 1:
        raise ValueError("with local noise who takes part is known: the sampling rate is 1")


def sentence(facts: dict, delta: float) -> tuple[float, str]:
    """Return ε of what `fedkseed server` says of a round ("privacy"), and the words for people."""
    value = epsilon(
        facts["noise_multiplier"], facts["releases"], delta, facts["sampling_rate"],
        facts["placement"])
    return value, (
        f"epsilon {value:.3f} at delta {delta:g} after {facts['releases']} releases ({facts['placement']}, "
        f"noise multiplier {facts['noise_multiplier']:g}, sampling rate {facts['sampling_rate']:g})")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m fedkseed_flower.privacy", description="What epsilon settings give, or what noise an epsilon takes.")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--noise-multiplier", type=float, help="--dp-noise-multiplier of the federation")
    given.add_argument("--epsilon", type=float, help="ask for the noise multiplier instead")
    parser.add_argument("--delta", type=float, required=True, help="well below 1 / number of clients")
    parser.add_argument("--rounds", type=int, required=True, help="rounds; with local noise those that a client has a part in")
    parser.add_argument("--sampling-rate", type=float, default=1.0, help="--participation as a share, with central noise")
    parser.add_argument("--placement", choices=["central", "local"], default="central", help="--dp of the federation")
    options = parser.parse_args(arguments)
    if not available():
        print(MISSING, file=sys.stderr)
        return 1
    rest = (options.rounds, options.delta, options.sampling_rate, options.placement)
    try:
        if options.epsilon is None:
            print(f"epsilon {epsilon(options.noise_multiplier, *rest):.4f}")
        else:
            print(f"noise-multiplier {noise_multiplier(options.epsilon, *rest):.4f}")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
