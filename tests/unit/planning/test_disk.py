"""A disk that is full and a folder that cannot be written are named before a run."""

import os
import shutil
from collections import namedtuple

import pytest

from unlearning.planning import disk

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "full"), [(disk.LEAST - 1, True), (disk.LEAST, False)])
def test_a_full_disk_is_refused(monkeypatch, tmp_path, free, full):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(2**40, 2**40 - free, free))
    if full:
        with pytest.raises(ValueError, match=rf"disk of {tmp_path} is full.*the same command"):
            disk.check_space(tmp_path)
    else:
        disk.check_space(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(monkeypatch, tmp_path):
    disk.check_writable(tmp_path / "results" / "digits")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path or not mode & os.W_OK)
    with pytest.raises(ValueError, match=rf"{tmp_path} cannot be written to.*the same command"):
        disk.check_writable(tmp_path / "results" / "digits")
    (tmp_path / "results").mkdir()
    disk.check_writable(tmp_path / "results" / "digits")


def test_a_disk_without_room_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(2**40, 0, 3 * 10**9))
    disk.check_room(tmp_path, 3 * 10**9)
    with pytest.raises(ValueError, match=rf"{tmp_path} has 3.00 GB free, and 7.20 GB are to be"):
        disk.check_room(tmp_path, 7_200_000_000)
