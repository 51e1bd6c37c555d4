"""Unlearning methods, one file each.

A method is a generator ``unlearn(learner, *, <hyperparameters>)`` that moves the learner's members
and yields a `Snapshot` at each of the requested epochs. Its keyword-only arguments are its
hyperparameters: the study's stanza of the same name must give each of them, and nothing else.
"""
