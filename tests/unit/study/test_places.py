"""A complaint about a config names the file and line of its key, or none that is another's."""

from unlearning.study.places import placed

BASE = """run: {methods: [ga]}
methods:
  ga:
    controls:
      - {rate: [0]}
      - {rate: [1]}
"""
OVERLAY = "# mine\nmethods:\n  mine:\n    needs: [moonlight]\n"


def lines(tmp_path, *keys, given=()):
    files = []
    for name, text in {"base": BASE, "mine": OVERLAY, "empty": "", "bad": "{"}.items():
        files.append(str(tmp_path / f"{name}.yaml"))
        (tmp_path / f"{name}.yaml").write_text(text)
    files.append(str(tmp_path / "missing.yaml"))
    said = [f"config: {key}: is: wrong" for key in keys]
    return [placed(text, files, given).removeprefix(text) for text in said]


def test_the_line_is_that_of_the_key_or_of_what_it_is_in(tmp_path):
    base, mine = f" ({tmp_path}/base.yaml, line ", f" ({tmp_path}/mine.yaml, line "
    assert lines(tmp_path, "methods.mine.needs", "methods.mine.gamma.x", "methods.ga", "run") == [
        f"{mine}4)",
        f"{mine}3)",
        f"{base}3)",
        f"{base}1)",
    ]
    assert lines(tmp_path, "methods.ga.controls.1.rate") == [f"{base}6)"]


def test_no_line_of_another_method_nor_of_what_the_command_line_gave(tmp_path):
    assert lines(tmp_path, "methods.yours.needs", "study") == ["", ""]
    assert lines(tmp_path, "methods.mine.needs", given=["methods"]) == [""]
    assert placed("no sentence about a config: at all", []) == "no sentence about a config: at all"


def test_a_line_is_named_once(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    files = [str(tmp_path / "base.yaml")]
    once = placed("config: run: is wrong", files)
    assert once != "config: run: is wrong" and placed(once, files) == once
