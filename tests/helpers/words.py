"""What stands on a figure."""

from matplotlib.text import Text

from unlearning.study.method_names import TOLD_MEANS


def words(figure):
    """Return all texts of a figure on one line, a blank for each break of a line."""
    return " ".join(" ".join(text.get_text().split()) for text in figure.findobj(Text))


def marks(figure, name):
    """Return whether a figure marks a method as told the answer, and says what that means."""
    written = words(figure)
    return f"{name}†" in written and TOLD_MEANS in written
