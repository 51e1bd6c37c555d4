"""Every statement of the paper's theory, in the order of its numbers, each with its check."""

from unlearning.theory.statements import (
    distances,
    fig3,
    iteration,
    nearly_parallel,
    one_coordinate,
    random_sets,
    toy,
    two_coordinates,
)
from unlearning.theory.statements.statement import Statement

STATEMENTS: tuple[Statement, ...] = (
    *random_sets.STATEMENTS,
    *one_coordinate.STATEMENTS,
    *distances.STATEMENTS,
    *iteration.STATEMENTS,
    *two_coordinates.STATEMENTS,
    *nearly_parallel.STATEMENTS,
    *toy.STATEMENTS,
    *fig3.STATEMENTS,
)
