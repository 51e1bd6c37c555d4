"""Labelled image data sets, one loader a module, all returning the same `base.Dataset`."""
