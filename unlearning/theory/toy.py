"""Section 5, Appendix B, Fig. 4: a model of two parameters on four clusters of points.

h(x) = g(a x + b x^2), squared error weighted by the number of points in each cluster, over |D| = 4,
plus lambda/2 (a^2 + b^2). Forgetting two of the four points of the last cluster gives it weight 2
in retraining, and weight 0 in descent-ascent: two points pull one way, two the other.

The text admits two readings of g and of the labels; the figure decides between them.

- `tanh`: g(z) = tanh((1 + z)/2), labels -1 and 1. Every claim of the appendix holds.
- `literal`: g(z) = 1/(1 + e^(-(1 + z)/2)) as printed, which lies in (0, 1), labels 0 and 1. Each
  loss has a single minimum, and the claim that descent-ascent is trapped fails.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from unlearning.theory.arguments import Array

SAMPLES = np.array([-1.0, 1.0, 3.0, 4.0])
SIGNS = np.array([-1.0, 1.0, -1.0, 1.0])
FEATURES = np.stack([SAMPLES, SAMPLES**2], axis=1)
RIDGE = 0.1
WEIGHTS = {
    "pretraining": (5.0, 4.0, 1.0, 4.0),
    "gda": (5.0, 4.0, 1.0, 0.0),
    "retraining": (5.0, 4.0, 1.0, 2.0),
}
READINGS = ("tanh", "literal")
Reading = Literal["tanh", "literal"]

STARTS = 61
STEPS = 200


class ToyMinimum(NamedTuple):
    """A local minimum of a toy loss.

    Attributes
    ----------
    a, b : float
        The parameters.
    loss : float
    correct : tuple of bool
        Whether each of the four samples is classified right.
    """

    a: float
    b: float
    loss: float
    correct: tuple[bool, ...]


@dataclass(frozen=True)
class ToyLoss:
    """A loss of Appendix B: call it on arrays (a, b), which broadcast.

    Attributes
    ----------
    weights : tuple of float
        Points in each of the four clusters.
    reading : {"tanh", "literal"}
        How the model's output is read.
    """

    weights: tuple[float, ...]
    reading: Reading

    def __call__(self, a: ArrayLike, b: ArrayLike) -> Array:
        """Return the loss, of the broadcast shape of a and b."""
        parameters = _stack(a, b)
        output, _, _ = self._model(parameters @ FEATURES.T)
        errors = (output - self._labels()) ** 2 @ np.asarray(self.weights) / len(SAMPLES)
        return (errors + 0.5 * RIDGE * (parameters**2).sum(axis=-1))[()]

    def gradient(self, parameters: Array) -> Array:
        """Return the gradient (..., 2) at parameters (..., 2)."""
        output, slope, _ = self._model(parameters @ FEATURES.T)
        pull = np.asarray(self.weights) * 2 * (output - self._labels()) * slope / len(SAMPLES)
        return pull @ FEATURES + RIDGE * parameters

    def cluster_gradients(self, parameters: Array) -> Array:
        """Return the gradient (..., 4, 2) of one point of each cluster, without the ridge."""
        output, slope, _ = self._model(parameters @ FEATURES.T)
        return (2 * (output - self._labels()) * slope)[..., None] * FEATURES

    def hessian(self, parameters: Array) -> Array:
        """Return the matrix of second derivatives (..., 2, 2) at parameters (..., 2)."""
        output, slope, bend = self._model(parameters @ FEATURES.T)
        curvature = 2 * (slope**2 + (output - self._labels()) * bend)
        curvature = np.asarray(self.weights) * curvature / len(SAMPLES)
        outer = FEATURES[:, :, None] * FEATURES[:, None, :]
        return np.tensordot(curvature, outer, axes=1) + RIDGE * np.eye(2)

    def correct(self, parameters: Array) -> np.ndarray:
        """Return which of the four samples (..., 4) are on their label's side, 1 + z = 0 apart."""
        return np.sign(1 + parameters @ FEATURES.T) == SIGNS

    def stationary_points(self) -> tuple[Array, Array]:
        """Find every point where the gradient vanishes.

        Newton's method from a lattice over a disc that must hold them all: the product of
        parameters and gradient is lambda times the squared radius plus, for each cluster, a
        function of z = a x + b x^2 alone, so it is positive wherever the first term outweighs the
        lowest values of the others. The gradient then points outwards on the disc's border, and
        the count is checked: the signs of the Hessians' determinants must add up to 1.

        Returns
        -------
        points : array (n, 2)
            Sorted by loss.
        curvatures : array (n, 2)
            Eigenvalues of the Hessian, ascending.

        Raises
        ------
        RuntimeError
            When the count does not add up.
        """
        z = np.linspace(-50, 50, 10_001)[:, None]
        output, slope, _ = self._model(z)
        lowest = np.minimum(0, 2 * (output - self._labels()) * slope * z).min(axis=0)
        radius = 1.01 * np.sqrt(-lowest @ np.asarray(self.weights) / len(SAMPLES) / RIDGE)
        axis = np.linspace(-radius, radius, STARTS)
        points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        for _ in range(STEPS):
            step = np.linalg.solve(self.hessian(points), self.gradient(points)[..., None])[..., 0]
            length = np.linalg.norm(step, axis=-1, keepdims=True)
            points = points - step * np.minimum(1, 0.2 / np.maximum(length, 1e-300))
        points = points[np.linalg.norm(self.gradient(points), axis=-1) < 1e-12]
        _, first = np.unique(np.round(points, 8), axis=0, return_index=True)
        points = points[first]
        points = points[np.argsort(self(*points.T))]
        curvatures = np.linalg.eigvalsh(self.hessian(points)).astype(np.float64)
        if np.sign(curvatures.prod(axis=-1)).sum() != 1:
            raise RuntimeError(f"stationary points were missed: found {points.tolist()}")
        return points, curvatures

    def minima(self) -> list[ToyMinimum]:
        """Return the local minima, the global one first."""
        points, curvatures = self.stationary_points()
        return [
            ToyMinimum(a, b, float(self(a, b)), tuple(self.correct(np.array([a, b])).tolist()))
            for a, b in points[curvatures[:, 0] > 0].tolist()
        ]

    def _labels(self) -> Array:
        return SIGNS if self.reading == "tanh" else 0.5 * (1 + SIGNS)

    def _model(self, z: Array) -> tuple[Array, Array, Array]:
        """Return output, slope and second derivative of g at z."""
        output = expit(1 + z) if self.reading == "tanh" else expit(0.5 * (1 + z))
        slope = output * (1 - output)
        bend = slope * (1 - 2 * output)
        if self.reading == "tanh":
            return 2 * output - 1, 2 * slope, 2 * bend
        return output, 0.5 * slope, 0.25 * bend


class ToyLandscape(NamedTuple):
    """The losses of Appendix B and their minima; keys are pretraining, gda, retraining.

    Attributes
    ----------
    losses : dict of ToyLoss
        Callables on (a, b).
    minima : dict of list of ToyMinimum
        The local minima of each, the global one first.
    """

    losses: dict[str, ToyLoss]
    minima: dict[str, list[ToyMinimum]]


def toy_landscape(reading: Reading = "tanh") -> ToyLandscape:
    """Return the three losses of Appendix B and their minima.

    Parameters
    ----------
    reading : {"tanh", "literal"}
        How the model's output is read; `literal` is kept as a negative result.

    Returns
    -------
    ToyLandscape

    Raises
    ------
    ValueError
        When the reading is not one of the two.
    """
    if reading not in READINGS:
        raise ValueError(f"reading must be one of {', '.join(READINGS)}, got {reading!r}")
    losses = {name: ToyLoss(weights, reading) for name, weights in WEIGHTS.items()}
    return ToyLandscape(losses, {name: loss.minima() for name, loss in losses.items()})


def _stack(a: ArrayLike, b: ArrayLike) -> Array:
    """Join a and b into parameters (..., 2)."""
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("a and b must be finite")
    return np.stack(np.broadcast_arrays(first, second), axis=-1)
