"""The accountant, against formulas and published figures."""

import contextlib
import io
import math
import unittest

from fedkseed_flower import privacy

SKIP = unittest.skipUnless(privacy.available(), privacy.MISSING)


def normal(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def delta_of_gaussian(epsilon: float, deviation: float) -> float:
    """δ of normal noise on a number that moves by 1: Balle and Wang 2018 (arXiv:1805.06530), Theorem 8."""
    a, b = 1 / (2 * deviation), epsilon * deviation
    return normal(a - b) - math.exp(epsilon) * normal(-a - b)


@SKIP
class Accountant(unittest.TestCase):
    def test_known_values(self):
        # Normal noise of deviation 1, by Theorem 8 above.
        self.assertAlmostEqual(privacy.epsilon(1, 1, 1e-5), 4.377178, places=5)
        # The tutorial of TensorFlow Privacy: 60 epochs of MNIST, batch 256, noise 1.1. Its accountant, by
        # Rényi divergences, gives 2.92 to 3.01 by version; privacy loss distributions are tighter.
        value = privacy.epsilon(1.1, 60 * 60000 // 256, 1e-5, 256 / 60000)
        self.assertTrue(2.3 < value < 2.92, value)

    def test_releases_without_a_sample_are_one_of_less_noise(self):
        for noise, releases in [(0.5, 1), (1, 10), (4, 100), (20, 7)]:
            epsilon = privacy.epsilon(noise, releases, 1e-6)
            self.assertAlmostEqual(
                delta_of_gaussian(epsilon, noise / math.sqrt(releases)) / 1e-6, 1, places=3)

    def test_a_sample_of_one_round(self):
        # δ of a Poisson sample is q δ'(ε'), e^ε' = 1 + (e^ε − 1) / q: Balle et al. 2018 (arXiv:1807.01647).
        for noise, rate in [(1, 0.1), (0.7, 0.01), (2, 0.5)]:
            epsilon = privacy.epsilon(noise, 1, 1e-5, rate)
            inner = math.log(1 + (math.exp(epsilon) - 1) / rate)
            delta = rate * delta_of_gaussian(inner, noise)
            self.assertLess(delta, 1.0001e-5)
            self.assertGreater(delta, 0.95e-5)

    def test_a_client_that_adds_its_own_noise_moves_by_twice_the_clip(self):
        self.assertEqual(
            privacy.epsilon(8, 5, 1e-5, placement="local"), privacy.epsilon(4, 5, 1e-5))

    def test_noise_of_an_epsilon(self):
        for rest in [(20, 1e-5, 1.0, "central"), (20, 1e-5, 1.0, "local"), (30, 1e-5, 0.1, "central")]:
            noise = privacy.noise_multiplier(4, *rest)
            self.assertLessEqual(privacy.epsilon(noise, *rest), 4)
            self.assertGreater(privacy.epsilon(noise - 2e-4, *rest), 4 - 1e-4)

    def test_ends(self):
        self.assertEqual(privacy.epsilon(0, 1, 1e-5), math.inf)
        self.assertEqual(privacy.epsilon(1, 0, 1e-5), 0)
        for wrong in [
            (1, 1, 0), (1, 1, 1), (1, -1, 1e-5), (-1, 1, 1e-5), (1, 1, 1e-5, 0), (1, 1, 1e-5, 1.1),
            (1, 1, 1e-5, 0.5, "local"), (1, 1, 1e-5, 1.0, "global"),
        ]:
            with self.assertRaises(ValueError):
                privacy.epsilon(*wrong)

    def test_command(self):
        def run(*arguments: str) -> tuple[int, str]:
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                return privacy.main(list(arguments)), out.getvalue() + err.getvalue()

        common = ("--delta", "1e-5", "--rounds", "1")
        self.assertEqual(run("--noise-multiplier", "1", *common), (0, "epsilon 4.3772\n"))
        self.assertEqual(run("--epsilon", "4.3772", *common), (0, "noise-multiplier 1.0000\n"))
        self.assertEqual(
            run("--epsilon", "1", "--delta", "2", "--rounds", "1"),
            (2, "error: delta must be above 0 and below 1, but is 2.0\n"))


if __name__ == "__main__":
    unittest.main()
